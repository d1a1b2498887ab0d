import { expect, it } from "vitest";
import { describeSecretMove } from "./secret-move.ts";

const channel = { id: "demo", phraseVariable: "DEMO_MNEMONIC" };

it("names the two commands that move the words into the host's store", () => {
  expect(describeSecretMove(channel, "default")).toEqual([
    "openclaw secrets store set DEMO_MNEMONIC --kind secret",
    "openclaw config set channels.demo.mnemonic --ref-provider default --ref-source store --ref-id DEMO_MNEMONIC",
  ]);
});

it("keeps accounts apart, and quotes what a shell would read", () => {
  expect(describeSecretMove(channel, "my-work", "/tmp/it's here")).toEqual([
    String.raw`openclaw secrets store set DEMO_MNEMONIC_MY_WORK --kind secret --value-file '/tmp/it'\''s here'`,
    `openclaw config set 'channels.demo.accounts["my-work"].mnemonic' --ref-provider default --ref-source store --ref-id DEMO_MNEMONIC_MY_WORK`,
  ]);
});
