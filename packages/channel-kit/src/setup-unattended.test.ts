import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { expect, it } from "vitest";
import { setUpUnattended, type ScopeChoice } from "./setup-unattended.ts";

const CHAT = {
  id: "chat",
  label: "Chat",
  listAccountIds: () => ["default"],
  resolveAccount: () => ({ enabled: true }),
  validate: () => null,
  apply: (cfg: OpenClawConfig): OpenClawConfig => ({
    ...cfg,
    channels: { ...cfg.channels, chat: { enabled: true } },
  }),
};

async function setUp(cfg: OpenClawConfig, input: ScopeChoice) {
  const written: OpenClawConfig[] = [];
  const made: OpenClawConfig[] = [];
  const provision = async (next: OpenClawConfig) => made.push(next);
  const outcome = setUpUnattended(CHAT, cfg, "default", input, provision, async (edit) => {
    written.push(edit(cfg));
  });
  return { written, made, outcome };
}

it("gives each person a session of their own, as the wizard does without a question", async () => {
  const { outcome, written } = await setUp({}, {});
  const { scope } = await outcome;
  expect(scope).toEqual({ dmScope: "per-channel-peer", advice: [] });
  expect(written).toEqual([
    { channels: { chat: { enabled: true } }, session: { dmScope: "per-channel-peer" } },
  ]);
});

it("leaves what somebody chose, and says how to change it", async () => {
  const { outcome, written } = await setUp({ session: { dmScope: "main" } }, {});
  const { scope } = await outcome;
  expect(written).toMatchObject([{ session: { dmScope: "main" } }]);
  expect(scope.dmScope).toBe("main");
  expect(scope.advice.join("\n")).toContain("openclaw config set session.dmScope");
});

it("takes a scope from an option, and has nothing to say of it", async () => {
  const input = { dmScope: "per-account-channel-peer" };
  const { outcome, written } = await setUp({ session: { dmScope: "main" } }, input);
  expect(await outcome).toMatchObject({ scope: { ...input, advice: [] } });
  expect(written).toMatchObject([{ session: input }]);
});

it("refuses a scope that OpenClaw does not have before anything is made", async () => {
  const { made, outcome, written } = await setUp({}, { dmScope: "everybody" });
  await expect(outcome).rejects.toMatchObject({ code: "config_invalid" });
  expect([made, written]).toEqual([[], []]);
});
