import { inspect } from "node:util";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { listGossipAccountIds, resolveGossipAccount } from "./accounts.ts";

const WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow";

function config(gossip: unknown): OpenClawConfig {
  return { channels: { gossip } };
}

describe("an account", () => {
  it("is whole with enabled alone, and has the defaults of the documentation", () => {
    expect(resolveGossipAccount(config({ enabled: true }))).toEqual({
      accountId: "default",
      name: undefined,
      configured: true,
      enabled: true,
      username: "openclaw",
      protocolUrl: "https://api.usegossip.com/api",
      dmPolicy: "pairing",
      allowFrom: [],
      autoAccept: "all",
      backlog: "each",
      turnBudget: { perPerson: 30, perAccount: 200 },
      contacts: {},
      replyToMode: "first",
      strings: {},
      mnemonic: { kind: "generated" },
    });
  });

  it("is off until it is enabled", () => {
    expect(resolveGossipAccount(config({}))).toMatchObject({ configured: true, enabled: false });
    expect(resolveGossipAccount({})).toMatchObject({ configured: false, enabled: false });
  });

  it.each([
    ["an empty secret", ""],
    ["a reference that nobody resolved", { source: "env", provider: "default", id: "PHRASE" }],
    ["a missing environment variable", "${GOSSIP_MNEMONIC}"],
  ])(
    "with %s for a phrase has no phrase, which is not the same as generating one",
    (_what, mnemonic) => {
      const account = resolveGossipAccount(config({ enabled: true, mnemonic }));
      expect(account.mnemonic).toEqual({ kind: "unavailable" });
    },
  );

  it("shows its phrase to nobody who prints it", () => {
    const account = resolveGossipAccount(config({ enabled: true, mnemonic: WORDS }));
    const shown = `${JSON.stringify(account)} ${inspect(account, { depth: 9, showHidden: true })}`;
    expect(shown).not.toMatch(/legal|winner/);
  });

  it("is refused by name of the key, without its value, when the section breaks a rule", () => {
    const cfg = config({ enabled: true, mnemonic: 12, protocolUrl: "http://relay.example/api" });
    expect(() => resolveGossipAccount(cfg)).toThrow(
      expect.objectContaining({
        code: "config_invalid",
        message: expect.stringMatching(/channels\.gossip\.mnemonic.*channels\.gossip\.protocolUrl/),
      }),
    );
    expect(() => resolveGossipAccount(cfg)).not.toThrow(/relay\.example/);
  });
});

describe("several accounts", () => {
  const cfg = config({
    enabled: true,
    mnemonic: WORDS,
    username: "first",
    name: "First",
    dmPolicy: "allowlist",
    allowFrom: ["gossip1a"],
    accounts: { work: { autoAccept: "allowed" }, off: { enabled: false } },
  });

  it("are the section itself and the named ones", () => {
    expect(listGossipAccountIds(cfg)).toEqual(["default", "off", "work"]);
    expect(listGossipAccountIds({})).toEqual(["default"]);
  });

  it("inherit access rules, never the identity", () => {
    expect(resolveGossipAccount(cfg, "work")).toMatchObject({
      enabled: true,
      username: "work",
      name: undefined,
      mnemonic: { kind: "generated" },
      dmPolicy: "allowlist",
      allowFrom: ["gossip1a"],
      autoAccept: "allowed",
    });
  });

  it("can be off one by one, and are off when the configuration does not know them", () => {
    expect(resolveGossipAccount(cfg, "off").enabled).toBe(false);
    expect(resolveGossipAccount(cfg, "gone")).toMatchObject({ configured: false, enabled: false });
  });
});
