import { expect, it } from "vitest";
import { describeSecretMove } from "./secret-move.ts";

it("names the two commands that move the words into the host's store", () => {
  expect(describeSecretMove("default")).toEqual([
    "openclaw secrets store set GOSSIP_MNEMONIC --kind secret",
    "openclaw config set channels.gossip.mnemonic --ref-provider default --ref-source store --ref-id GOSSIP_MNEMONIC",
  ]);
});

it("keeps accounts apart, and quotes what a shell would read", () => {
  expect(describeSecretMove("my-work", "/tmp/it's here")).toEqual([
    String.raw`openclaw secrets store set GOSSIP_MNEMONIC_MY_WORK --kind secret --value-file '/tmp/it'\''s here'`,
    `openclaw config set 'channels.gossip.accounts["my-work"].mnemonic' --ref-provider default --ref-source store --ref-id GOSSIP_MNEMONIC_MY_WORK`,
  ]);
});
