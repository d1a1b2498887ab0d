import { createHash } from "node:crypto";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MnemonicSource } from "./mnemonic.ts";
import { openIdentity } from "./identity.ts";
import { SecretText } from "./secret-text.ts";

let stateDir = "";
let generated = 0;

/** Words and ids of a make-believe protocol: the id is a hash of the words. */
const maker = {
  generateWords: () => `alpha bravo charlie ${(generated += 1)}`,
  derive: (words: string) => Promise.resolve({ userId: idOf(words) }),
};

function idOf(words: string): string {
  return `demo1${createHash("sha256").update(words).digest("hex").slice(0, 20)}`;
}

function configured(words: string): MnemonicSource {
  return { kind: "configured", words: new SecretText(words) };
}

function open(mnemonic: MnemonicSource, username = "openclaw") {
  const account = { accountId: "default", username, mnemonic };
  return openIdentity({ channelId: "demo", stateDir, account, maker, now: () => 0 });
}

function sessionText(): string {
  return readFileSync(path.join(stateDir, "sessions/demo/openclaw/session.json"), "utf8");
}

beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "demo-open-"));
  generated = 0;
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

describe("the first start", () => {
  it("makes an identity and writes words and id to session.json", async () => {
    const opened = await open({ kind: "generated" });
    expect(opened).toMatchObject({
      created: true,
      identity: { userId: idOf("alpha bravo charlie 1") },
    });
    expect(JSON.parse(sessionText())).toMatchObject({
      mnemonic: "alpha bravo charlie 1",
      userId: opened.identity.userId,
      username: "openclaw",
    });
  });

  it("writes no words when they are configured", async () => {
    const opened = await open(configured("delta echo"));
    expect(opened.created).toBe(false);
    expect(sessionText()).not.toMatch(/delta|echo|mnemonic/);
    expect(sessionText()).toContain(idOf("delta echo"));
  });

  it("makes nothing when the configured secret is empty", async () => {
    await expect(open({ kind: "unavailable" })).rejects.toMatchObject({
      code: "mnemonic_unavailable",
    });
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it("ends with one identity when two processes do it at once", async () => {
    const [left, right] = await Promise.all([
      open({ kind: "generated" }),
      open({ kind: "generated" }),
    ]);
    expect(left.identity.userId).toBe(right.identity.userId);
  });
});

describe("a later start", () => {
  it("speaks as the same identity", async () => {
    const first = await open({ kind: "generated" });
    const second = await open({ kind: "generated" });
    expect(second).toMatchObject({ created: false, identity: first.identity });
  });

  it("speaks as the same identity under a new username", async () => {
    const first = await open({ kind: "generated" });
    const second = await open({ kind: "generated" }, "marvin");
    expect(second.identity).toEqual(first.identity);
  });

  it("moves the words out of the file when the same words are configured", async () => {
    await open({ kind: "generated" });
    const opened = await open(configured("alpha bravo charlie 1"));
    expect(opened.movedWords).toBe(true);
    expect(sessionText()).not.toContain("bravo");
  });

  it("refuses configured words of another identity, names both and changes nothing", async () => {
    await open({ kind: "generated" });
    const before = sessionText();
    const error = await open(configured("delta echo")).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "identity_mismatch" });
    expect(String(error)).toContain(idOf("delta echo"));
    expect(String(error)).toContain(idOf("alpha bravo charlie 1"));
    expect(String(error)).not.toMatch(/delta echo|alpha bravo/);
    expect(sessionText()).toBe(before);
  });

  it("uses the configured words once the operator followed the advice of that refusal", async () => {
    await open({ kind: "generated" });
    const error = await open(configured("delta echo")).catch((cause: unknown) => cause);
    const advice = /mv '(.+)' '(.+)'/.exec(String(error));
    renameSync(String(advice?.[1]), String(advice?.[2]));
    const opened = await open(configured("delta echo"));
    expect(opened.identity.userId).toBe(idOf("delta echo"));
    expect(readFileSync(path.join(String(advice?.[2]), "session.json"), "utf8")).toContain("alpha");
  });

  it("asks for the words again when they were configured once and are not any more", async () => {
    await open(configured("delta echo"));
    await expect(open({ kind: "generated" })).rejects.toMatchObject({ code: "mnemonic_missing" });
    expect(generated).toBe(0);
  });

  it("refuses a file whose words make another id", async () => {
    await open({ kind: "generated" });
    const file = path.join(stateDir, "sessions/demo/openclaw/session.json");
    const text = sessionText();
    writeFileSync(file, text.replace("alpha", "omega"));
    await expect(open({ kind: "generated" })).rejects.toMatchObject({
      code: "identity_unreadable",
    });
  });

  it("never makes a new identity over a torn file", async () => {
    await open({ kind: "generated" });
    truncateSync(path.join(stateDir, "sessions/demo/openclaw/session.json"), 30);
    await expect(open({ kind: "generated" })).rejects.toMatchObject({
      code: "identity_unreadable",
    });
    expect(generated).toBe(1);
  });
});
