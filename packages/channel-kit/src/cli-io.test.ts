import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { AccountChannel } from "./account-channel.ts";
import type { AccountNeed } from "./cli-account.ts";
import { runCliCommand } from "./cli-io.ts";
import { createIdentity } from "./identity-file.ts";

const CHAT: AccountChannel = {
  id: "chat",
  label: "Chat",
  network: "relay",
  phraseVariable: "CHAT_MNEMONIC",
  listAccountIds: () => ["default", "work"],
  resolveAccount: (_cfg, accountId) => ({
    accountId: accountId ?? "default",
    username: accountId ?? "default",
    mnemonic: { kind: "generated" },
    configured: accountId === "work",
    enabled: true,
  }),
  shortenId: (id) => id,
  phraseWarning: undefined,
  startFailures: {},
  loadIdentities: () => Promise.reject(new Error("nobody asked for identities")),
};

let stateDir = "";
let printed = "";

beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "cli-io-"));
  printed = "";
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(stateDir, { recursive: true, force: true });
});

const findNothing = async () => ({ json: { fine: true }, lines: [] });

/** Runs a command that finds nothing wrong. */
async function run(options: { account?: string }, needs?: AccountNeed) {
  await runCliCommand(CHAT, {}, { ...options, json: true }, findNothing, needs);
  return { exitCode: process.exitCode, answer: JSON.parse(printed) };
}

it("a command for an account that nobody configured is refused, with those that there are and what to do", async () => {
  const { answer, exitCode } = await run({ account: "typo" });
  expect(exitCode).toBe(1);
  expect(answer).toMatchObject({ error: { code: "command_refused" } });
  expect(answer.error.message).toMatch(/"typo".*work.*openclaw chat setup --account typo/);
});

it("a command for a configured account, and one that names none, runs", async () => {
  expect(await run({ account: "work" })).toEqual({ exitCode: 0, answer: { fine: true } });
  printed = "";
  expect(await run({})).toEqual({ exitCode: 0, answer: { fine: true } });
});

it("a command that makes an account runs for a new one", async () => {
  expect(await run({ account: "new" }, "nothing")).toMatchObject({ exitCode: 0 });
});

it("a command for keys runs while the identity is on disk: its account may have been removed", async () => {
  expect(await run({ account: "gone" }, "identity")).toMatchObject({ exitCode: 1 });
  printed = "";
  const home = { stateDir, channelId: "chat" };
  const names = { accountId: "gone", username: "gone", userId: "chat1" };
  await createIdentity(home, { ...names, createdAt: new Date(0).toISOString() });
  expect(await run({ account: "gone" }, "identity")).toMatchObject({ exitCode: 0 });
});
