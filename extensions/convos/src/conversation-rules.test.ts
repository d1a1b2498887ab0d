import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { resolveConvosAccount } from "./accounts.ts";
import { approvePeople, removePerson, resolveRules, setQuiet } from "./conversation-rules.ts";

const ROOM = "0a".repeat(16);
const OTHER = "0b".repeat(16);
const ANN = "a1".repeat(32);
const BEN = "b2".repeat(32);

const config = (section: object): OpenClawConfig => ({ channels: { convos: section } });
const rulesOf = (cfg: OpenClawConfig, id: string, account = "default") =>
  resolveRules(resolveConvosAccount(cfg, account), id);

describe("the rules of a conversation", () => {
  const cfg = config({
    groups: {
      "*": { requireMention: true, allowFrom: [ANN] },
      [ROOM]: { enabled: false, allowFrom: [BEN] },
    },
  });

  it("are its own, those of * where it says nothing, and both lists", () => {
    expect(rulesOf(cfg, ROOM)).toEqual({
      requireMention: true,
      enabled: false,
      allowFrom: [ANN, BEN],
    });
    expect(rulesOf(cfg, OTHER)).toEqual({ requireMention: true, allowFrom: [ANN] });
    expect(rulesOf(config({}), ROOM)).toEqual({ allowFrom: [] });
  });
});

describe("an approval", () => {
  it("lists each person in his conversation, once, and leaves the rest alone", () => {
    const before = config({ name: "Bo", groups: { [ROOM]: { requireMention: false } } });
    const people = [
      { conversationId: ROOM, inboxId: ANN },
      { conversationId: ROOM, inboxId: BEN },
      { conversationId: OTHER, inboxId: ANN },
    ];
    const once = approvePeople(before, "default", people);
    const twice = approvePeople(once, "default", people);
    expect(twice).toEqual(once);
    expect(once.channels?.["convos"]).toEqual({
      name: "Bo",
      groups: {
        [ROOM]: { requireMention: false, allowFrom: [ANN, BEN] },
        [OTHER]: { allowFrom: [ANN] },
      },
    });
  });

  it("in a named account keeps what that account had from the section", () => {
    const before = config({ groups: { [ROOM]: { allowFrom: [ANN] } }, accounts: { work: {} } });
    const after = approvePeople(before, "work", [{ conversationId: ROOM, inboxId: BEN }]);
    expect(rulesOf(after, ROOM, "work").allowFrom).toEqual([ANN, BEN]);
    expect(rulesOf(after, ROOM).allowFrom).toEqual([ANN]);
  });
});

it("a removal takes the person off every list, however it was written", () => {
  const before = config({
    groupAllowFrom: [`convos:${ANN}`, BEN],
    groups: { "*": { allowFrom: [ANN.toUpperCase()] }, [ROOM]: { allowFrom: [BEN, ANN] } },
  });
  const after = removePerson(before, "default", ANN);
  expect(JSON.stringify(after).toLowerCase()).not.toContain(ANN);
  expect(rulesOf(after, ROOM).allowFrom).toEqual([BEN]);
  expect(after.channels?.["convos"]).toMatchObject({ groupAllowFrom: [BEN] });
});

it("a removal counts for direct messages, and closes a list that has nobody left", () => {
  const before = config({ dmPolicy: "allowlist", allowFrom: [ANN, BEN] });
  const once = removePerson(before, "default", ANN);
  expect(once.channels?.["convos"]).toMatchObject({ dmPolicy: "allowlist", allowFrom: [BEN] });
  const twice = removePerson(once, "default", BEN);
  expect(twice.channels?.["convos"]).toMatchObject({ dmPolicy: "disabled", allowFrom: [] });
});

it("a removal leaves the direct messages of the owners open", () => {
  const before = {
    ...config({ dmPolicy: "allowlist", allowFrom: [BEN] }),
    commands: { ownerAllowFrom: [`convos:${ANN}`] },
  };
  const after = removePerson(before, "default", BEN);
  expect(after.channels?.["convos"]).toMatchObject({ dmPolicy: "allowlist", allowFrom: [ANN] });
});

it("quiet closes one conversation, and unquiet opens it where all are closed", () => {
  const quiet = setQuiet(
    config({ groups: { [ROOM]: { allowFrom: [ANN] } } }),
    "default",
    ROOM,
    true,
  );
  expect(rulesOf(quiet, ROOM)).toEqual({ enabled: false, allowFrom: [ANN] });
  expect(rulesOf(quiet, OTHER).enabled).toBeUndefined();
  const open = setQuiet(config({ groups: { "*": { enabled: false } } }), "default", ROOM, false);
  expect(rulesOf(open, ROOM).enabled).toBe(true);
  expect(rulesOf(open, OTHER).enabled).toBe(false);
});
