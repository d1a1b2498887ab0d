// Recovery phrases behind a secret reference, rotated under a running gateway. One gateway, two accounts: alice's secret
// changes, bob's does not and must not notice. The cases build on each other, in this order.
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mergeJson, pollUntil, startGateway } from "channel-testing";
import type { Gateway, JsonObject } from "channel-testing";
import {
  defaultCrypto,
  generateMnemonic,
  identityFromMnemonic,
  normalizeMnemonic,
} from "gossip-sdk";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";
import { readGossipAccount, whenGossipAccountReady } from "./support/gossip-accounts.ts";

const WAIT_MS = 60_000;
/** How soon alice must be back after a rotation that was refused. */
const BACK_MS = 2000;
/** Reloads of the secrets, and of the configuration. `RELOADS=100` is the size that is asked for. */
const RELOADS = Number(process.env["RELOADS"] ?? 20);

const phrases = { alice: generateMnemonic(), bob: generateMnemonic(), other: generateMnemonic() };
let ids: Record<keyof typeof phrases, string>;
let gossip: GossipHost;
let gateway: Gateway;
let carol: GossipPerson;
let secretsFile = "";
let bobStartedAt: unknown;

function accountSection(id: string): JsonObject {
  const mnemonic = { source: "file", provider: "phrases", id: `/${id}` };
  return { dmPolicy: "open", allowFrom: ["*"], mnemonic };
}

/** Writes what the file provider gives from the next reload on. */
function provide(values: { alice?: string | undefined; bob?: string }): void {
  const draft = `${secretsFile}.draft`;
  writeFileSync(draft, JSON.stringify(values), { mode: 0o600 });
  renameSync(draft, secretsFile);
}

function provideAlice(phrase: string | undefined): void {
  provide({ alice: phrase, bob: phrases.bob });
}

async function reload(): Promise<"reloaded" | "failed"> {
  return await gateway.call("secrets.reload").then(
    () => "reloaded",
    () => "failed",
  );
}

/** Starts of an account since a line of the log. */
function startsSince(accountId: string, from: number): string[] {
  const pattern = new RegExp(String.raw`\[${accountId}\] user id (gossip1\w+)`);
  return gateway.log.lines
    .filter(({ index }) => index >= from)
    .flatMap(({ text }) => pattern.exec(text)?.[1] ?? []);
}

/** Resolves with the id that alice started under; rejects unless that happened at most two seconds after the reload. */
async function whenAliceIsBack(from: number): Promise<string | undefined> {
  await gateway.log.waitFor("[alice] user id gossip1", { from, timeoutMs: BACK_MS });
  await whenGossipAccountReady(gateway, "alice", WAIT_MS);
  return startsSince("alice", from).at(-1);
}

async function expectAnswer(text: string): Promise<void> {
  await carol.say(ids.alice, text);
  await carol.hear(ids.alice, (answer) => answer === `answer to ${text}`, WAIT_MS);
}

function openFiles(): number {
  return readdirSync(`/proc/${gateway.pid}/fd`).length;
}

beforeAll(async () => {
  const [alice, bob, other] = await Promise.all(
    [phrases.alice, phrases.bob, phrases.other].map(async (words) => {
      const identity = await identityFromMnemonic(normalizeMnemonic(words), defaultCrypto());
      return identity.userId;
    }),
  );
  ids = { alice: alice ?? "", bob: bob ?? "", other: other ?? "" };
  gossip = await startGossipHost({
    async section(network) {
      carol = await network.openPerson("carol");
      return {
        enabled: true,
        accounts: {
          default: { enabled: false },
          alice: accountSection("alice"),
          bob: accountSection("bob"),
        },
      };
    },
    reply: ({ lastUserText }) => `answer to ${/\b\w+-\d\b/.exec(lastUserText)?.[0]}`,
    config: (folder) => {
      secretsFile = path.join(folder, "phrases.json");
      provideAlice(phrases.alice);
      return {
        secrets: { providers: { phrases: { source: "file", path: secretsFile, mode: "json" } } },
      };
    },
  });
  ({ gateway } = gossip);
  await gossip.network.findBot(gateway, "alice", WAIT_MS);
  await gossip.network.findBot(gateway, "bob", WAIT_MS);
  ({ lastStartAt: bobStartedAt } = await readGossipAccount(gateway, "bob"));
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await gossip[Symbol.asyncDispose]();
});

describe("secrets reload with a recovery phrase", () => {
  it("restarts nobody when nothing changed", async () => {
    const from = gateway.log.nextIndex;
    expect(await reload()).toBe("reloaded");
    expect(startsSince("alice", from)).toEqual([]);
  });

  it("takes another spelling of the same phrase, and restarts that account alone", async () => {
    const from = gateway.log.nextIndex;
    provideAlice(`  ${phrases.alice.toUpperCase().replaceAll(" ", "   ")}\n`);
    expect(await reload()).toBe("reloaded");
    expect(await whenAliceIsBack(from)).toBe(ids.alice);
    expect((await readGossipAccount(gateway, "alice"))["lastError"] ?? null).toBeNull();
  });

  it("fails with the phrase of another identity; the account goes on as it was and says both ids", async () => {
    const from = gateway.log.nextIndex;
    provideAlice(phrases.other);
    expect(await reload()).toBe("failed");
    expect(await whenAliceIsBack(from)).toBe(ids.alice);
    const { lastError } = await readGossipAccount(gateway, "alice");
    expect(lastError).toContain(ids.other);
    expect(lastError).toContain(ids.alice);
    expect(lastError).toContain("openclaw secrets reload");
    await expectAnswer("other-1");
  });

  it("changes nothing when the same phrase comes again", async () => {
    const from = gateway.log.nextIndex;
    await reload();
    const { publicKey } = await whenGossipAccountReady(gateway, "alice", BACK_MS);
    expect(publicKey).toBe(ids.alice);
    expect(startsSince("alice", from)).toEqual([]);
  });

  it.each([
    ["a wrong checksum", () => Array(12).fill("abandon").join(" ")],
    ["a word short", () => phrases.alice.split(" ").slice(1).join(" ")],
  ])("fails with a phrase that is %s, and the account goes on as it was", async (_what, spell) => {
    const from = gateway.log.nextIndex;
    provideAlice(spell());
    const said = await reload();
    expect(await whenAliceIsBack(from)).toBe(ids.alice);
    expect(said).toBe("failed");
    const { lastError } = await readGossipAccount(gateway, "alice");
    expect(lastError).toContain("was not taken");
    expect(lastError).not.toContain(ids.other);
  });

  it("fails with an empty value without a restart: the host refuses that by itself", async () => {
    const from = gateway.log.nextIndex;
    provideAlice("   ");
    expect(await reload()).toBe("failed");
    expect((await readGossipAccount(gateway, "alice"))["lifecycle"]).toBe("ready");
    expect(startsSince("alice", from)).toEqual([]);
  });

  it("takes the old phrase back, and says nothing more", async () => {
    const from = gateway.log.nextIndex;
    provideAlice(phrases.alice);
    expect(await reload()).toBe("reloaded");
    expect(await whenAliceIsBack(from)).toBe(ids.alice);
    expect((await readGossipAccount(gateway, "alice"))["lastError"] ?? null).toBeNull();
  });

  it("refuses one start with the phrase of another identity, and makes the next one with the last good", async () => {
    const from = gateway.log.nextIndex;
    const alice = { channel: "gossip", accountId: "alice" };
    await gateway.call("channels.stop", alice);
    provideAlice(phrases.other);
    // Nothing runs that the reload could have to restart: only the start finds out.
    expect(await reload()).toBe("reloaded");
    await expect(gateway.call("channels.start", alice)).rejects.toThrow(
      "the last good one stays in use",
    );
    expect(startsSince("alice", from)).toEqual([]);
    await gateway.call("channels.start", alice);
    expect(await whenAliceIsBack(from)).toBe(ids.alice);
    expect((await readGossipAccount(gateway, "alice"))["lastError"]).toContain(ids.other);
    await expectAnswer("stopped-3");
    expect(startsSince("alice", from)).toEqual([ids.alice]);
    provideAlice(phrases.alice);
    const back = gateway.log.nextIndex;
    expect(await reload()).toBe("reloaded");
    expect(await whenAliceIsBack(back)).toBe(ids.alice);
  });

  it("goes on with the last phrase while the provider has none, and the host says it is degraded", async () => {
    const from = gateway.log.nextIndex;
    provideAlice(undefined);
    await reload();
    await gateway.log.waitFor("SECRETS_DEGRADED", { from, timeoutMs: WAIT_MS });
    const { publicKey } = await whenGossipAccountReady(gateway, "alice", BACK_MS);
    expect(publicKey).toBe(ids.alice);
  });

  it("leaves no open file behind after many rotations, refused or not, and keeps the identity", async () => {
    provideAlice(phrases.alice);
    await reload();
    await whenGossipAccountReady(gateway, "alice", WAIT_MS);
    const before = openFiles();
    const from = gateway.log.nextIndex;
    for (let turn = 0; turn < RELOADS; turn += 1) {
      const start = gateway.log.nextIndex;
      provideAlice(turn % 2 === 0 ? phrases.other : phrases.alice);
      expect(await reload()).toBe(turn % 2 === 0 ? "failed" : "reloaded");
      await whenAliceIsBack(start);
    }
    expect(new Set(startsSince("alice", from))).toEqual(new Set([ids.alice]));
    // The host may be at work on a file at this moment; a leak stays.
    await expect.poll(openFiles, { timeout: WAIT_MS }).toBeLessThanOrEqual(before + 2);
  });

  it("takes every change of the configuration without a restart, and leaves no open file behind", async () => {
    const before = openFiles();
    const { lastStartAt } = await readGossipAccount(gateway, "alice");
    for (let turn = 0; turn < RELOADS; turn += 1) {
      const allowFrom = turn % 2 === 0 ? ["*", ids.other] : ["*"];
      gossip.host.editConfig((config) =>
        mergeJson(config, { channels: { gossip: { accounts: { alice: { allowFrom } } } } }),
      );
      await pollUntil(
        () => readGossipAccount(gateway, "alice"),
        (account) => JSON.stringify(account["allowFrom"]) === JSON.stringify(allowFrom),
        WAIT_MS,
        "the changed list in the running account",
      );
    }
    await expectAnswer("reloaded-2");
    expect(await readGossipAccount(gateway, "alice")).toMatchObject({
      lastStartAt,
      publicKey: ids.alice,
      lifecycle: "ready",
    });
    // The host may be at work on a file at this moment; a leak stays.
    await expect.poll(openFiles, { timeout: WAIT_MS }).toBeLessThanOrEqual(before + 2);
  });

  it("never touched the other account, and showed no word", async () => {
    const bob = await readGossipAccount(gateway, "bob");
    expect(bob).toMatchObject({
      lastStartAt: bobStartedAt,
      publicKey: ids.bob,
      lifecycle: "ready",
    });
    const log = gateway.log.lines.map(({ text }) => text).join("\n");
    for (const words of Object.values(phrases)) {
      expect(log).not.toContain(words.split(" ").slice(0, 2).join(" "));
    }
  });

  it("after a restart without the phrase the account stays down and says why", async () => {
    provide({ bob: phrases.bob });
    await gateway.stop();
    // With an account that is down this way, the host serves and never says that it is ready.
    gateway = await startGateway(gossip.host, { readyLine: "[gateway] startup outcomes" });
    await whenGossipAccountReady(gateway, "bob", WAIT_MS);
    expect(await readGossipAccount(gateway, "alice")).toMatchObject({
      lifecycle: "blocked",
      running: false,
      lastError: expect.stringContaining("secret reference was not found"),
    });
  });
});
