import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { scriptPrompter, type ScriptedAnswer } from "../../../test/support/scripted-prompter.ts";
import { adviseScope, applyScope, settleScope } from "./session-scope.ts";

const CHANNEL = {
  id: "ours",
  label: "Ours",
  listAccountIds: (cfg: OpenClawConfig) => [
    "default",
    ...Object.keys(cfg.channels?.["ours"]?.["accounts"] ?? {}),
  ],
  resolveAccount: () => ({ accountId: "any", configured: true, enabled: true }),
};

async function scope(cfg: OpenClawConfig, answers: readonly ScriptedAnswer[] = []) {
  const scripted = scriptPrompter(answers);
  const next = await settleScope(CHANNEL, cfg, scripted);
  return { dmScope: next.session?.dmScope, asked: scripted.asked.length };
}

describe("conversations of one's own", () => {
  it("are set without a question where this is the only channel", async () => {
    expect(await scope({ channels: { ours: {} } })).toEqual({
      dmScope: "per-channel-peer",
      asked: 0,
    });
  });

  it("are asked for where another channel would change with them", async () => {
    const cfg: OpenClawConfig = { channels: { ours: {}, signal: {} } };
    expect(await scope(cfg, [true])).toEqual({ dmScope: "per-channel-peer", asked: 1 });
    expect(await scope(cfg, [false])).toEqual({ dmScope: undefined, asked: 1 });
  });

  it("are not touched when somebody chose a safe one", async () => {
    const cfg: OpenClawConfig = { session: { dmScope: "per-peer" } };
    expect(await scope(cfg)).toEqual({ dmScope: "per-peer", asked: 0 });
  });

  it("are one per account where there are several, and a chosen scope asks first", async () => {
    const ours = { enabled: true, accounts: { work: {} } };
    const fresh: OpenClawConfig = { channels: { ours } };
    const wanted = "per-account-channel-peer";
    expect(await scope(fresh)).toEqual({ dmScope: wanted, asked: 0 });
    const chosen: OpenClawConfig = { ...fresh, session: { dmScope: "per-channel-peer" } };
    expect(await scope(chosen, [true])).toEqual({ dmScope: wanted, asked: 1 });
    expect(await scope(chosen, [false])).toEqual({ dmScope: "per-channel-peer", asked: 1 });
    const done: OpenClawConfig = { ...fresh, session: { dmScope: wanted } };
    expect(await scope(done)).toEqual({ dmScope: wanted, asked: 0 });
  });
});

const scopeOf = (cfg: OpenClawConfig, given?: string) =>
  applyScope(CHANNEL, cfg, given).session?.dmScope;

describe("without questions", () => {
  it("what the wizard does unasked is done, and nothing that it would ask about", () => {
    expect(scopeOf({ channels: { ours: {} } })).toBe("per-channel-peer");
    expect(scopeOf({ channels: { ours: { accounts: { work: {} } } } })).toBe(
      "per-account-channel-peer",
    );
    expect(scopeOf({ channels: { ours: {}, signal: {} } })).toBeUndefined();
    expect(scopeOf({ session: { dmScope: "main" } })).toBe("main");
  });

  it("an option is the yes that the wizard asks for, whatever was there", () => {
    const cfg: OpenClawConfig = { channels: { signal: {} }, session: { dmScope: "main" } };
    expect(scopeOf(cfg, "per-peer")).toBe("per-peer");
    expect(scopeOf({}, "main")).toBe("main");
  });

  it("an option that OpenClaw does not know is refused, with those that it knows", () => {
    expect(() => scopeOf({}, "everybody")).toThrow(
      /main, per-peer, per-channel-peer or per-account-channel-peer/,
    );
  });

  it("what is left as it was is named, with the command that changes it", () => {
    const others: OpenClawConfig = { channels: { ours: {}, signal: {} } };
    expect(adviseScope(CHANNEL, others).join("\n")).toContain(
      "openclaw config set session.dmScope per-channel-peer",
    );
    const several: OpenClawConfig = {
      channels: { ours: { accounts: { work: {} } } },
      session: { dmScope: "per-channel-peer" },
    };
    expect(adviseScope(CHANNEL, several).join("\n")).toContain("per-account-channel-peer");
    expect(adviseScope(CHANNEL, { session: { dmScope: "per-peer" } })).toEqual([]);
  });
});
