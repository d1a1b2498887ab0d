import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { inspectRunning } from "./doctor-people.ts";
import { ChannelKitError } from "./errors.ts";

interface Account extends ChannelAccount {
  readonly dmPolicy: string;
  readonly allowFrom: readonly string[];
}

/** The section of an account is the account. */
const channel: AccountChannel<Account> = {
  id: "chat",
  label: "Chat",
  network: "server",
  phraseVariable: "CHAT_MNEMONIC",
  phraseWarning: undefined,
  startFailures: {},
  shortenId: (id) => id,
  listAccountIds: (cfg) => Object.keys(cfg.channels?.["chat"]?.["accounts"] ?? {}),
  resolveAccount: (cfg, accountId) => {
    const accounts: unknown = cfg.channels?.["chat"]?.["accounts"];
    if (accounts === "wrong") throw new ChannelKitError("config_invalid", "not valid");
    const own: object = Object.entries(accounts ?? {}).find(([id]) => id === accountId)?.[1];
    return {
      accountId: accountId ?? "default",
      username: "bot",
      configured: true,
      enabled: true,
      mnemonic: { kind: "generated" },
      dmPolicy: "pairing",
      allowFrom: [],
      ...own,
    };
  },
  loadIdentities: () => Promise.reject(new Error("not needed")),
};

async function inspect(accounts: object, more: OpenClawConfig = {}, approved: string[] = []) {
  const cfg: OpenClawConfig = { ...more, channels: { chat: { accounts } } };
  const found = await inspectRunning(
    {
      channel,
      who: "people",
      tryParseId: (entry) => (/^[a-z]+$/.test(entry) ? entry : undefined),
      describeNoOwner: (_cfg, { username }, command) =>
        username === "owned" ? undefined : { message: "nobody is owner", fix: command },
    },
    cfg,
    async () => approved,
  );
  return found.map(({ accountId, fix, id }) => `${accountId} ${id}: ${fix}`);
}

const OWNED = { username: "owned" };
const APART = "openclaw config set session.dmScope per-channel-peer";

describe("who writes to the bot", () => {
  it("is told to make somebody owner, of the account that lacks one", async () => {
    expect(await inspect({ default: {}, work: {}, other: OWNED })).toEqual([
      "default chat.no-owner: openclaw chat owner",
      "work chat.no-owner: openclaw chat owner --account work",
    ]);
  });

  it("shares a conversation when several may write, by a list or by an approval", async () => {
    const listed = { ...OWNED, allowFrom: ["pat", "pat", "?"] };
    expect(await inspect({ default: listed })).toEqual([]);
    expect(await inspect({ default: listed }, {}, ["pat"])).toEqual([]);
    expect(await inspect({ default: listed }, {}, ["eve"])).toEqual([
      `default chat.dm-scope: ${APART}`,
    ]);
    expect(await inspect({ default: { ...OWNED, dmPolicy: "open" } })).toEqual([
      `default chat.dm-scope: ${APART}`,
    ]);
  });

  it("shares a conversation with the members of an access group that is listed", async () => {
    const accessGroups: OpenClawConfig["accessGroups"] = {
      crew: { type: "message.senders", members: { chat: ["pat", "eve"] } },
    };
    const grouped = { ...OWNED, dmPolicy: "allowlist", allowFrom: ["accessGroup:crew"] };
    expect(await inspect({ default: grouped }, { accessGroups })).toEqual([
      `default chat.dm-scope: ${APART}`,
    ]);
    expect(await inspect({ default: grouped })).toEqual([]);
  });

  it("shares nothing where each has a conversation, or nobody may write", async () => {
    const several = { ...OWNED, allowFrom: ["pat", "eve"] };
    const apart: OpenClawConfig = { session: { dmScope: "per-channel-peer" } };
    expect(await inspect({ default: several }, apart)).toEqual([]);
    expect(await inspect({ default: { ...several, dmPolicy: "disabled" } })).toEqual([]);
    expect(await inspect({ default: { ...several, enabled: false } })).toEqual([]);
  });

  it("is named as owner by an approval until the handshake lists him, with the commands for both cases", async () => {
    const more: OpenClawConfig = { commands: { ownerAllowFrom: ["signal:+1", "eve"] } };
    const both = { default: OWNED, work: { ...OWNED, dmPolicy: "allowlist" } };
    expect(await inspect(both, more, ["eve"])).toEqual([
      "default chat.owner-unproven: if that is you: openclaw chat owner. If not: " +
        `openclaw config set commands.ownerAllowFrom '["signal:+1"]'`,
    ]);
    expect(await inspect({ default: { ...OWNED, allowFrom: ["eve"] } }, more, ["eve"])).toEqual([]);
    expect(await inspect({ default: OWNED }, more, ["pat"])).toEqual([]);
  });

  it("is not judged by a configuration that is none, which the host reports", async () => {
    const cfg: OpenClawConfig = { channels: { chat: { accounts: "wrong" } } };
    const rules = { who: "people", tryParseId: () => undefined, describeNoOwner: () => undefined };
    expect(await inspectRunning({ ...rules, channel }, cfg)).toEqual([]);
  });
});
