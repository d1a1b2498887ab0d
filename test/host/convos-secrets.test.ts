// Recovery phrases of Convos behind a secret reference, rotated under a running gateway. One gateway, two accounts: alice's
// secret changes, bob's does not and must not notice. The cases build on each other, in this order.
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, pollUntil, runOpenclaw, startGateway } from "channel-testing";
import type { Gateway, JsonObject } from "channel-testing";
import { generateMnemonic, rootFromMnemonic } from "convos-node-sdk";
import { prepareConvosHost, type ConvosHost } from "../support/convos-host.ts";
import { readChannelAccount } from "./support/channel-accounts.ts";

const WAIT_MS = 60_000;
/** How soon alice must be back after a rotation that was refused. */
const BACK_MS = 2000;
/** Reloads of the secrets. `RELOADS=100` is the size that is asked for. */
const RELOADS = Number(process.env["RELOADS"] ?? 6);

const phrases = { alice: generateMnemonic(), bob: generateMnemonic(), other: generateMnemonic() };
const ids = {
  alice: rootFromMnemonic(phrases.alice).fingerprint,
  bob: rootFromMnemonic(phrases.bob).fingerprint,
  other: rootFromMnemonic(phrases.other).fingerprint,
};
let convos: ConvosHost;
let gateway: Gateway;
let secretsFile = "";
let bobStartedAt: unknown;

function accountSection(id: string): JsonObject {
  return { mnemonic: { source: "file", provider: "phrases", id: `/${id}` } };
}

/** Writes what the file provider gives from the next reload on. */
function provideAlice(alice: string | undefined): void {
  const draft = `${secretsFile}.draft`;
  writeFileSync(draft, JSON.stringify({ alice, bob: phrases.bob }), { mode: 0o600 });
  renameSync(draft, secretsFile);
}

async function reload(): Promise<"reloaded" | "failed"> {
  return await gateway.call("secrets.reload").then(
    () => "reloaded",
    () => "failed",
  );
}

async function start(account: object): Promise<"started" | "failed"> {
  return await gateway.call("channels.start", account).then(
    () => "started",
    () => "failed",
  );
}

function readAccount(accountId: string): Promise<JsonObject> {
  return readChannelAccount(gateway, "convos", accountId);
}

/** The identity that an account runs under; undefined while it does not run. */
async function readIdentity(accountId: string): Promise<unknown> {
  const answer = await gateway.call("convos.status", { accountId });
  return isJsonObject(answer) ? answer["userId"] : undefined;
}

function openFiles(): number {
  return readdirSync(`/proc/${gateway.pid}/fd`).length;
}

/** Resolves when the account runs under the identity. */
async function whenRunningAs(accountId: string, id: string, timeoutMs: number): Promise<void> {
  await pollUntil(
    () => readIdentity(accountId),
    (found) => found === id,
    timeoutMs,
    `account ${accountId} at work`,
  );
}

beforeAll(async () => {
  convos = await prepareConvosHost({
    reply: () => "never asked",
    section: (net) => ({
      enabled: true,
      env: "local",
      apiUrl: net.node.url,
      accounts: {
        default: { enabled: false },
        alice: accountSection("alice"),
        bob: accountSection("bob"),
      },
    }),
    config: (root) => {
      secretsFile = path.join(root, "phrases.json");
      provideAlice(phrases.alice);
      return {
        secrets: { providers: { phrases: { source: "file", path: secretsFile, mode: "json" } } },
      };
    },
    usesCliPort: false,
  });
  gateway = await startGateway(convos.host);
  await whenRunningAs("alice", ids.alice, WAIT_MS);
  await whenRunningAs("bob", ids.bob, WAIT_MS);
  bobStartedAt = (await readAccount("bob"))["lastStartAt"];
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await convos?.[Symbol.asyncDispose]();
});

describe("secrets reload with the recovery phrase of a Convos account", () => {
  it("keeps the words out of the state directory", () => {
    const session = path.join(convos.host.paths.stateDir, "sessions/convos/alice/session.json");
    expect(existsSync(session)).toBe(true);
    expect(JSON.parse(readFileSync(session, "utf8"))).not.toHaveProperty("mnemonic");
  });

  it("restarts nobody when nothing changed, and alice alone for another spelling", async () => {
    const { lastStartAt } = await readAccount("alice");
    expect(await reload()).toBe("reloaded");
    expect((await readAccount("alice"))["lastStartAt"]).toBe(lastStartAt);
    provideAlice(`  ${phrases.alice.toUpperCase().replaceAll(" ", "   ")}\n`);
    expect(await reload()).toBe("reloaded");
    await whenRunningAs("alice", ids.alice, BACK_MS);
  });

  it.each([
    ["of another identity", () => phrases.other],
    ["with a wrong checksum", () => Array(12).fill("abandon").join(" ")],
  ])("fails with a phrase %s, and the account goes on as it was", async (_what, spell) => {
    const phrase = spell();
    provideAlice(phrase);
    expect(await reload()).toBe("failed");
    await whenRunningAs("alice", ids.alice, BACK_MS);
    const { lastError } = await readAccount("alice");
    expect(lastError).toContain("was not taken");
    expect(lastError).toContain(ids.alice);
    expect(JSON.stringify(lastError).includes(ids.other)).toBe(phrase === phrases.other);
    // The same again changes nothing.
    await reload();
    await whenRunningAs("alice", ids.alice, BACK_MS);
  });

  it("takes the old phrase back, and says nothing more", async () => {
    provideAlice(phrases.alice);
    expect(await reload()).toBe("reloaded");
    await whenRunningAs("alice", ids.alice, BACK_MS);
    expect((await readAccount("alice"))["lastError"] ?? null).toBeNull();
  });

  it("joins by the gateway, which alone has the words, and stores no invite on its own", async () => {
    const person = await convos.net.person("Person");
    const { id } = await person.client.createConversation({ name: "Room" });
    const { url } = await person.client.createInvite(id);
    const file = path.join(path.dirname(secretsFile), "invite.txt");
    writeFileSync(file, url, { mode: 0o600 });
    const args = ["convos", "join", "--invite-file", file, "--account", "alice", "--json"];
    const { stdout } = await runOpenclaw(convos.host, args);
    expect(JSON.parse(stdout)).toEqual({ accountId: "alice", asked: true });
    await gateway.log.waitFor(`[alice] in conversation ${id}`, { timeoutMs: WAIT_MS });
    // A stop in the middle of the change that this writes would wait for it.
    await gateway.log.waitFor(`[alice] conversation ${id} is the owner's`, { timeoutMs: WAIT_MS });
    expect(await readIdentity("alice")).toBe(ids.alice);
  });

  it("refuses a start with the phrase of another identity, and makes the next one with the last good", async () => {
    const alice = { channel: "convos", accountId: "alice" };
    await gateway.call("channels.stop", alice);
    await pollUntil(
      () => readAccount("alice"),
      ({ running }) => running === false,
      WAIT_MS,
      "alice stopped",
    );
    provideAlice(phrases.other);
    // The reload may be refused, and the first start; the next start has the last good phrase.
    const outcomes = [await reload(), await start(alice), await start(alice)];
    expect(outcomes).toContain("failed");
    expect(outcomes.at(-1)).toBe("started");
    await whenRunningAs("alice", ids.alice, WAIT_MS);
    const { lastError, lastStartAt } = await readAccount("alice");
    expect(lastError).toContain(ids.other);
    provideAlice(phrases.alice);
    expect(await reload()).toBe("reloaded");
    await whenRunningAs("alice", ids.alice, BACK_MS);
    expect((await readAccount("alice"))["lastStartAt"]).not.toBe(lastStartAt);
  });

  it("leaves no open file behind after many rotations, refused or not, and is back each time", async () => {
    const before = openFiles();
    for (let turn = 0; turn < RELOADS; turn += 1) {
      provideAlice(turn % 2 === 0 ? phrases.other : phrases.alice);
      expect(await reload()).toBe(turn % 2 === 0 ? "failed" : "reloaded");
      await whenRunningAs("alice", ids.alice, BACK_MS);
    }
    // The host and XMTP's library may be at work on a file at this moment; a leak stays.
    await expect.poll(openFiles, { timeout: WAIT_MS }).toBeLessThanOrEqual(before + 2);
  });

  it("goes on with the last phrase while the provider has none, and the host says so", async () => {
    const from = gateway.log.nextIndex;
    provideAlice(undefined);
    await reload();
    await gateway.log.waitFor("SECRETS_DEGRADED", { from, timeoutMs: WAIT_MS });
    expect(await readIdentity("alice")).toBe(ids.alice);
  });

  it("never touched the other account, and showed no word", async () => {
    expect(await readAccount("bob")).toMatchObject({ lastStartAt: bobStartedAt });
    const log = gateway.log.lines.map(({ text }) => text).join("\n");
    for (const words of Object.values(phrases)) {
      expect(log).not.toContain(words.split(" ").slice(0, 2).join(" "));
    }
  });

  it("stays down after a restart without the phrase, and says why", async () => {
    await gateway.stop();
    // With an account that is down this way, the host serves and never says that it is ready.
    gateway = await startGateway(convos.host, { readyLine: "[gateway] startup outcomes" });
    await whenRunningAs("bob", ids.bob, WAIT_MS);
    expect(await readIdentity("alice")).toBeUndefined();
    expect(await readAccount("alice")).toMatchObject({
      lifecycle: "blocked",
      lastError: expect.stringContaining("secret reference was not found"),
    });
  });
});
