import { bech32 } from "@scure/base";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveAgentRoute } from "openclaw/plugin-sdk/routing";
import { describe, expect, it } from "vitest";
import { inspectPeople, type PeopleSource } from "./doctor-people.ts";

const idOf = (byte: number): string =>
  bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(byte)));
const PAT = idOf(1);
const EVE = idOf(2);

/** The host's own routes, and approvals of the test's choice. */
function sourceOf(approved: Readonly<Record<string, readonly string[]>>): PeopleSource {
  return {
    readApproved: async (accountId) => approved[accountId] ?? [],
    findSession: async (cfg, accountId, id) => {
      const route = { cfg, channel: "gossip", accountId, peer: { kind: "direct" as const, id } };
      return {
        sessionKey: resolveAgentRoute(route).sessionKey,
        person: resolveAgentRoute({ ...route, dmScope: "per-peer" }).sessionKey,
      };
    },
  };
}

/** Somebody of another channel owns the bot, unless a test says otherwise. */
const OWNED: OpenClawConfig = { commands: { ownerAllowFrom: ["signal:+1"] } };

async function look(
  section: object,
  more: object = {},
  approved: Readonly<Record<string, readonly string[]>> = {},
) {
  const cfg: OpenClawConfig = { ...OWNED, channels: { gossip: { enabled: true, ...section } } };
  return inspectPeople({ ...cfg, ...more }, sourceOf(approved));
}

const ids = async (...args: Parameters<typeof look>): Promise<string[]> =>
  (await look(...args)).map(({ accountId, id }) => `${accountId} ${id}`);

const apart = (dmScope: "per-channel-peer" | "per-account-channel-peer"): OpenClawConfig => ({
  session: { dmScope },
});

describe("who shares a conversation", () => {
  it.each([
    ["one person alone", { allowFrom: [PAT] }, {}],
    ["a person who is listed and approved", { allowFrom: [PAT] }, { default: [PAT.toUpperCase()] }],
    [
      "people of an account that nobody may write to",
      { dmPolicy: "disabled", allowFrom: [PAT, EVE] },
      {},
    ],
    [
      "an approval that counts no more",
      { dmPolicy: "allowlist", allowFrom: [PAT] },
      { default: [EVE] },
    ],
  ])("not %s", async (_who, section, approved) => {
    expect(await ids(section, {}, approved)).toEqual([]);
  });

  it.each([
    ["two who are listed", { allowFrom: [PAT, EVE] }, {}],
    ["one who is listed and one who was approved", { allowFrom: [PAT] }, { default: [EVE] }],
    ["two who were approved", {}, { default: [PAT, EVE] }],
    ["everybody", { dmPolicy: "open", allowFrom: ["*"] }, {}],
    [
      "one person of each account",
      { allowFrom: [PAT], accounts: { work: { allowFrom: [EVE] } } },
      {},
    ],
  ])("%s, until each person has a conversation", async (_who, section, approved) => {
    expect(new Set(await ids(section, {}, approved))).toContain("default gossip.dm-scope");
    expect(await ids(section, apart("per-account-channel-peer"), approved)).toEqual([]);
  });

  it("the members of an access group that is listed", async () => {
    const members = { gossip: [PAT, EVE] };
    const accessGroups = { crew: { type: "message.senders" as const, members } };
    const section = { dmPolicy: "allowlist", allowFrom: ["accessGroup:crew"] };
    expect(await ids(section, { accessGroups })).toEqual(["default gossip.dm-scope"]);
  });

  it("accounts that know a person from one another, unless agents of their own answer", async () => {
    const section = { allowFrom: [PAT], accounts: { work: {} } };
    const found = await look(section, apart("per-channel-peer"));
    expect(found.map(({ accountId }) => accountId)).toEqual(["default", "work"]);
    expect(found[0]).toMatchObject({
      message: expect.stringContaining("several accounts"),
      fix: "openclaw config set session.dmScope per-account-channel-peer",
    });
    const bound = {
      ...apart("per-channel-peer"),
      agents: { entries: { main: {}, office: {} } },
      bindings: [
        { agentId: "main", match: { channel: "gossip", accountId: "default" } },
        { agentId: "office", match: { channel: "gossip", accountId: "work" } },
      ],
    };
    expect(await ids(section, bound)).toEqual([]);
  });

  it("not two ids that were linked as one person", async () => {
    const identityLinks = { pat: [`gossip:${PAT}`, `gossip:${EVE}`] };
    const session = { dmScope: "per-channel-peer" as const, identityLinks };
    expect(await ids({ allowFrom: [PAT, EVE] }, { session })).toEqual([]);
  });

  it("names the scope that is enough", async () => {
    const [found] = await look({ allowFrom: [PAT, EVE] });
    expect(found?.fix).toBe("openclaw config set session.dmScope per-channel-peer");
  });
});

const owners = (...ownerAllowFrom: string[]): OpenClawConfig => ({ commands: { ownerAllowFrom } });

describe("who owns the bot", () => {
  const nobody: OpenClawConfig = { commands: {} };

  it("nobody: the first approval would decide", async () => {
    expect(await ids({}, nobody)).toEqual(["default gossip.no-owner"]);
    expect(await ids({}, owners("*", "gossip:*"))).toEqual(["default gossip.no-owner"]);
    expect(await ids({ dmPolicy: "allowlist", allowFrom: [PAT] }, nobody)).toEqual([]);
    const work = { dmPolicy: "disabled", accounts: { work: { dmPolicy: "pairing" } } };
    expect((await look(work, nobody))[0]?.fix).toContain("openclaw gossip owner --account work");
  });

  it("somebody whom an approval made owner, with the commands to confirm and to undo it", async () => {
    const found = await look({}, owners("signal:+1", `gossip:${EVE}`), { default: [EVE] });
    expect(found).toMatchObject([{ id: "gossip.owner-unproven", accountId: "default" }]);
    expect(found[0]?.fix).toBe(
      "if that is you: openclaw gossip owner. If not: " +
        `openclaw config set commands.ownerAllowFrom '["signal:+1"]'`,
    );
    expect(JSON.stringify(found)).not.toContain(EVE);
  });

  it("not somebody whom the handshake put on a list, nor who owns it by another word", async () => {
    expect(await ids({ allowFrom: [EVE] }, owners(`gossip:${EVE}`), { default: [EVE] })).toEqual(
      [],
    );
    expect(await ids({}, owners(`gossip:${PAT}`))).toEqual([]);
  });
});

it("leaves a configuration that is none to the host", async () => {
  expect(await ids({ dmPolicy: "everybody" }, { commands: {} })).toEqual([]);
});
