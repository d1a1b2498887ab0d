import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { scriptPrompter, type ScriptedAnswer } from "../../../test/support/scripted-prompter.ts";
import { settleScope } from "./session-scope.ts";

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
