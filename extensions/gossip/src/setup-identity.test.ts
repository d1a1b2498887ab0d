import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { settleIdentity } from "channel-kit/terminal";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scriptPrompter, type ScriptedAnswer } from "../../../test/support/scripted-prompter.ts";
import { gossipChannel } from "./account-channel.ts";

const PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const CFG: OpenClawConfig = { channels: { gossip: { enabled: true } } };

let stateDir = "";
let parent = "";

beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "gossip-setup-identity-"));
  parent = path.join(stateDir, "sessions", "gossip");
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

async function settle(answers: readonly ScriptedAnswer[], cfg = CFG) {
  const scripted = scriptPrompter(answers);
  const settled = await settleIdentity(gossipChannel, cfg, "default", {
    prompter: scripted.prompter,
    terminal: undefined,
    stateDir,
    env: {},
    now: () => Date.parse("2026-11-21T00:00:00.000Z"),
    beforeEffect: () => Promise.resolve(),
  });
  return { ...settled, ...scripted };
}

const session = (folder: string): unknown =>
  JSON.parse(readFileSync(path.join(parent, folder, "session.json"), "utf8"));

describe("the identity step without a terminal of its own", () => {
  it("creates one, shows no word, and says that it is not backed up", async () => {
    const { notes, result } = await settle(["create"]);
    expect(result.kind).toBe("created");
    expect(session("openclaw")).not.toHaveProperty("backupConfirmedAt");
    const record = session("openclaw");
    expect(record).toMatchObject({ version: 1, mnemonic: expect.any(String) });
    expect(notes.join("\n")).toContain("openclaw gossip backup");
  });

  it("restores one after showing whose it is, and keeps the words out of questions and notes", async () => {
    const { asked, notes, result } = await settle(["restore", PHRASE, true]);
    expect(result.kind).toBe("restored");
    expect(session("openclaw")).toMatchObject({
      mnemonic: PHRASE,
      backupConfirmedAt: "2026-11-21T00:00:00.000Z",
    });
    expect(asked.at(-1)).toMatch(/^Is this your bot\? gossip1[a-z0-9]{58}$/);
    expect([...asked, ...notes].join("\n")).not.toMatch(/sausage|useful/);
  });

  it("asks for the words again when it is another bot", async () => {
    const { asked } = await settle(["restore", PHRASE, false, PHRASE, true]);
    expect(asked.filter((question) => question === "Recovery phrase")).toHaveLength(2);
  });

  it("names the place of a wrong word, never the word", async () => {
    const slip = PHRASE.replace("wave", "wafe");
    const swapped = PHRASE.split(" ").with(0, "zoo").join(" ");
    const { refused } = await settle(["restore", slip, swapped, PHRASE, true]);
    expect(refused[0]).toBe("Word 5 is not in the list");
    expect(refused[1]).toContain("order");
    expect(refused.join(" ")).not.toContain("wafe");
  });

  it("takes a secret reference, and makes no identity of its own", async () => {
    const { cfg, result } = await settle(["reference", "env", "BOT_WORDS"]);
    expect(result.kind).toBe("later");
    expect(cfg.channels?.["gossip"]).toMatchObject({
      mnemonic: { source: "env", provider: "default", id: "BOT_WORDS" },
    });
    expect(existsSync(parent)).toBe(false);
  });

  it("refuses words where the name of a secret belongs", async () => {
    const { refused } = await settle(["reference", "store", PHRASE, "gossip-words"]);
    expect(refused).toHaveLength(1);
  });
});

describe("the identity step over an existing identity", () => {
  it("keeps it", async () => {
    await settle(["create"]);
    const before = session("openclaw");
    expect((await settle(["keep"])).result.kind).toBe("kept");
    expect(session("openclaw")).toEqual(before);
  });

  it("replaces it only after REPLACE was typed, and keeps the old one as a backup", async () => {
    await settle(["create"]);
    const before = session("openclaw");
    const { asked, refused, result } = await settle(["replace", "yes", "REPLACE", "create"]);
    expect(refused).toHaveLength(1);
    expect(asked[1]).toContain("REPLACE");
    expect(result.kind).toBe("created");
    expect(session("openclaw")).not.toEqual(before);
    const kept = readdirSync(parent).find((name) => name.startsWith(".kept-"));
    expect(session(kept ?? "")).toEqual(before);
  });
});
