import { bech32 } from "@scure/base";
import { expect, it } from "vitest";
import { inspectConfig } from "./doctor-config.ts";

const PAT = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(1)));

const find = (section: object) => inspectConfig({ channels: { gossip: { ...section } } });

it("names the contacts whose id is none, without a label or a value of theirs", () => {
  expect(find({ contacts: { pat: PAT, loud: PAT.toUpperCase() } })).toEqual([]);
  const contacts = { pat: PAT, eve: "canary", everybody: "*", bob: `${PAT}x` };
  const [found, ...others] = find({ contacts, accounts: { work: { contacts: { eve: 7 } } } });
  expect(found).toEqual({
    id: "gossip.contacts-invalid",
    accountId: "default",
    message:
      "3 names in channels.gossip.contacts have no Gossip user id behind them and are no targets.",
    fix: "openclaw config get channels.gossip.contacts, then correct them",
  });
  expect(others).toMatchObject([{ id: "gossip.contacts-invalid", accountId: "work" }]);
});
