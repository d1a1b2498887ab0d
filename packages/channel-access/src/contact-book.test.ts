import { describe, expect, it } from "vitest";
import {
  listContacts,
  listGroupMembers,
  rewriteContact,
  withdrawApproval,
} from "./contact-book.ts";

const normalize = (text: string): string | undefined => {
  const id = text
    .trim()
    .toLowerCase()
    .replace(/^demo:/, "");
  return /^p\d$/.test(id) ? id : undefined;
};

describe("listContacts", () => {
  it("names everybody once, with each place that lets them in, and no wildcard", () => {
    const places = {
      dmPolicy: "pairing" as const,
      allowFrom: ["P1", "*"],
      approved: ["p2", "demo:p1"],
      owners: ["demo:p1", "other:p3"],
    };
    expect(listContacts(places, normalize)).toEqual([
      { senderId: "p1", sources: ["allowFrom", "pairing", "owner"], isLetIn: true },
      { senderId: "p2", sources: ["pairing"], isLetIn: true },
    ]);
  });

  it.each([
    ["pairing", ["p1", "p2", "p3"]],
    ["allowlist", ["p1", "p2"]],
    ["disabled", []],
    ["open", ["p1", "p2", "p3", "p4"]],
  ] as const)("under %s calls only those let in whom the policy lets in", (dmPolicy, letIn) => {
    const places = {
      dmPolicy,
      allowFrom: ["p1"],
      groupMembers: ["p2"],
      approved: ["p3"],
      owners: ["p4"],
    };
    const contacts = listContacts(places, normalize);
    expect(contacts.map(({ senderId }) => senderId)).toEqual(["p1", "p2", "p3", "p4"]);
    expect(contacts.filter(({ isLetIn }) => isLetIn).map(({ senderId }) => senderId)).toEqual(
      letIn,
    );
  });
});

describe("listGroupMembers", () => {
  it("names the members of the groups on a list, as far as they are of the channel", () => {
    const accessGroups = {
      crew: { members: { demo: ["p1"], "*": ["demo:p2"], other: ["p3"] } },
      unnamed: { members: { demo: ["p4"] } },
    };
    const members = listGroupMembers({ accessGroups }, "demo", ["p9", "accessGroup:crew"]);
    expect(members).toEqual(["p1", "demo:p2"]);
    const dmPolicy = "allowlist" as const;
    const places = { dmPolicy, allowFrom: [], groupMembers: members, approved: [], owners: [] };
    expect(listContacts(places, normalize)).toEqual([
      { senderId: "p1", sources: ["accessGroup"], isLetIn: true },
      { senderId: "p2", sources: ["accessGroup"], isLetIn: true },
    ]);
  });
});

const configOf = () => ({
  commands: { ownerAllowFrom: ["demo:p1", "telegram:7"] },
  channels: {
    demo: {
      allowFrom: ["P1", "p2"],
      accounts: {
        work: { dmPolicy: "allowlist", allowFrom: ["demo:p1"] },
        home: { allowFrom: ["p2"] },
        bare: {},
      },
    },
  },
});

const elevated = (demo: string[]) => ({ elevated: { allowFrom: { demo, telegram: ["p1"] } } });

describe("rewriteContact", () => {
  it("takes a person out of every list, and closes an allowlist that has nobody left", () => {
    const config = configOf();
    const changed = rewriteContact(config, { channelId: "demo", senderId: "p1", normalize });
    expect(changed).toEqual([
      "channels.demo.allowFrom",
      "channels.demo.accounts.work.allowFrom",
      "channels.demo.accounts.work.dmPolicy",
      "commands.ownerAllowFrom",
    ]);
    expect(config).toEqual({
      commands: { ownerAllowFrom: ["telegram:7"] },
      channels: {
        demo: {
          allowFrom: ["p2"],
          accounts: {
            work: { dmPolicy: "disabled", allowFrom: [] },
            home: { allowFrom: ["p2"] },
            bare: {},
          },
        },
      },
    });
  });

  it("puts a new id where the old one stood, once", () => {
    const config = configOf();
    const options = { channelId: "demo", senderId: "p1", replacement: "p2", normalize };
    rewriteContact(config, options);
    expect(config.channels.demo.allowFrom).toEqual(["p2"]);
    expect(config.channels.demo.accounts.work).toEqual({
      dmPolicy: "allowlist",
      allowFrom: ["p2"],
    });
    expect(config.commands.ownerAllowFrom).toEqual(["telegram:7", "demo:p2"]);
  });

  it.each([
    [
      "the section, beside an account with people of its own",
      { dmPolicy: "allowlist", allowFrom: ["p1"], accounts: { work: { allowFrom: ["p2"] } } },
      {
        dmPolicy: "disabled",
        allowFrom: [],
        accounts: { work: { dmPolicy: "allowlist", allowFrom: ["p2"] } },
      },
    ],
    [
      "an account that inherits the policy",
      { dmPolicy: "allowlist", allowFrom: ["p2"], accounts: { work: { allowFrom: ["p1"] } } },
      {
        dmPolicy: "allowlist",
        allowFrom: ["p2"],
        accounts: { work: { dmPolicy: "disabled", allowFrom: [] } },
      },
    ],
    [
      "an account that inherits the list",
      { allowFrom: ["p1"], accounts: { work: { dmPolicy: "allowlist" } } },
      { allowFrom: [], accounts: { work: { dmPolicy: "disabled" } } },
    ],
    [
      "the section, and with it an account that inherits both",
      { dmPolicy: "allowlist", allowFrom: ["p1"], accounts: { work: {} } },
      { dmPolicy: "disabled", allowFrom: [], accounts: { work: {} } },
    ],
  ])("closes nobody else and leaves no empty allowlist: %s", (_name, demo, expected) => {
    const config = { channels: { demo: structuredClone(demo) } };
    rewriteContact(config, { channelId: "demo", senderId: "p1", normalize });
    expect(config.channels.demo).toEqual(expected);
  });

  it("reaches groups, commands and elevated tools, of every agent, and other channels' entries nowhere", () => {
    const config = {
      channels: { demo: { allowFrom: ["accessGroup:crew"] } },
      accessGroups: {
        crew: { type: "message.senders", members: { demo: ["P1", "p2"], "*": ["demo:p1", "7"] } },
        audience: { type: "other.kind" },
      },
      commands: { allowFrom: { demo: ["p1"], "*": ["p2"] } },
      tools: elevated(["p1"]),
      agents: { entries: { main: { tools: elevated(["p1"]) }, bare: {} } },
    };
    const replaced = structuredClone(config);
    const changed = rewriteContact(config, { channelId: "demo", senderId: "p1", normalize });
    expect(changed).toEqual([
      "accessGroups.crew.members.demo",
      "accessGroups.crew.members.*",
      "commands.allowFrom.demo",
      "tools.elevated.allowFrom.demo",
      "agents.entries.main.tools.elevated.allowFrom.demo",
    ]);
    expect(config).toMatchObject({
      accessGroups: { crew: { members: { demo: ["p2"], "*": ["7"] } } },
      commands: { allowFrom: { demo: [], "*": ["p2"] } },
      tools: elevated([]),
      agents: { entries: { main: { tools: elevated([]) } } },
    });
    rewriteContact(replaced, { channelId: "demo", senderId: "p1", replacement: "p3", normalize });
    expect(replaced).toMatchObject({
      accessGroups: { crew: { members: { demo: ["p2", "p3"], "*": ["7", "demo:p3"] } } },
      tools: elevated(["p3"]),
    });
  });

  it("changes nothing for somebody who is nowhere", () => {
    const config = configOf();
    expect(rewriteContact(config, { channelId: "demo", senderId: "p9", normalize })).toEqual([]);
    expect(config).toEqual(configOf());
  });
});

describe("withdrawApproval", () => {
  it("removes the entry as the store has it, in each account that has it", async () => {
    const stored: Record<string, string[]> = { a: ["P1", "p2"], b: ["p2"], c: ["p1"] };
    const removed: unknown[] = [];
    const withdrawn = await withdrawApproval(
      {
        readAllowFromStore: async ({ accountId }) => stored[accountId] ?? [],
        removeAllowFromStoreEntry: async ({ accountId, entry }) => {
          removed.push([accountId, entry]);
          return { changed: true, allowFrom: [] };
        },
      },
      { channelId: "demo", accountIds: ["a", "b", "c"], senderId: "p1", normalize },
    );
    expect(withdrawn).toEqual(["a", "c"]);
    expect(removed).toEqual([
      ["a", "P1"],
      ["c", "p1"],
    ]);
  });
});
