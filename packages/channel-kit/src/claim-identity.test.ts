import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimIdentity } from "./claim-identity.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "demo-claim-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function claim(username: string) {
  return claimIdentity({
    channelId: "demo",
    stateDir: root,
    account: { accountId: "default", username, mnemonic: { kind: "generated" } },
    maker: {
      generateWords: () => "words",
      derive: (words) => Promise.resolve({ userId: `demo1${words}` }),
    },
    now: () => 0,
    signal: new AbortController().signal,
    folders: [path.join(root, "sessions", "demo")],
  });
}

function folders(): string[] {
  return readdirSync(path.join(root, "sessions", "demo")).filter((name) => !name.startsWith("."));
}

describe("claiming an identity", () => {
  it("gives it to one process at a time", async () => {
    const first = await claim("openclaw");
    await expect(claim("openclaw")).rejects.toMatchObject({ code: "already_running" });
    await first.lock.release();
    const second = await claim("openclaw");
    expect(second.identity).toEqual(first.identity);
    await second.lock.release();
  });

  it("moves its folder to a new username, but not from under a running process", async () => {
    const first = await claim("openclaw");
    await expect(claim("marvin")).rejects.toMatchObject({ code: "already_running" });
    expect(folders()).toEqual(["openclaw"]);
    await first.lock.release();
    const renamed = await claim("marvin");
    expect(folders()).toEqual(["marvin"]);
    expect(renamed).toMatchObject({ created: false, identity: first.identity });
    await renamed.lock.release();
  });
});
