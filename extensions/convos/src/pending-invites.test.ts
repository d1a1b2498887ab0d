import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { generateMnemonic } from "convos-node-sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityMaker } from "./client-identity.ts";
import { joinStoredInvites } from "./join-stored.ts";
import { listInvites, removeInvite, storeInvite, type InvitePlace } from "./pending-invites.ts";

let place: InvitePlace;
beforeEach(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "convos-invites-"));
  place = { folder, identity: await identityMaker.derive(generateMnemonic()) };
});
afterEach(() => rmSync(place.folder, { recursive: true, force: true }));

function files(): string[] {
  const home = path.join(place.folder, "pending-invites");
  return readdirSync(home).map((name) => path.join(home, name));
}

async function texts(): Promise<string[]> {
  return (await listInvites(place)).map(({ text }) => text);
}

describe("invites that wait for the gateway", () => {
  it("come back as they went in, each once, and lie sealed for this user alone", async () => {
    await expect(listInvites(place)).resolves.toEqual([]);
    for (const text of ["first-invite", "second-invite", "first-invite"]) {
      await storeInvite(place, text);
    }
    expect((await texts()).toSorted()).toEqual(["first-invite", "second-invite"]);
    for (const file of files()) {
      expect(readFileSync(file, "utf8")).not.toContain("invite");
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    for (const invite of await listInvites(place)) await removeInvite(invite);
    expect(files()).toEqual([]);
  });

  it("are of one identity, and a damaged one is named and left", async () => {
    await storeInvite(place, "an invite");
    const other = { ...place, identity: await identityMaker.derive(generateMnemonic()) };
    await expect(listInvites(other)).rejects.toMatchObject({ code: "state_unusable" });
    const [file = ""] = files();
    writeFileSync(file, "{}");
    await expect(listInvites(place)).rejects.toThrow(file);
    expect(files()).toEqual([file]);
  });
});

class Refusal extends Error {
  readonly code: string;
  constructor(code: string) {
    super("a reason");
    this.code = code;
  }
}

async function join(answer: () => Promise<void>) {
  const told: string[] = [];
  const asked = Promise.withResolvers<void>();
  const ending = new AbortController();
  const running = joinStoredInvites({
    place,
    connection: {
      ended: () => [],
      isInviteUsed: () => false,
      join: async (text) => {
        told.push(`join ${text}`);
        asked.resolve();
        await answer();
      },
    },
    log: { info: () => told.push("info"), warn: (line) => told.push(line) },
    onError: (error) => told.push(String(error)),
    signal: ending.signal,
  });
  await asked.promise;
  ending.abort();
  await running;
  return told;
}

describe("joining by them", () => {
  it("forgets an invite that the protocol client wrote down", async () => {
    await storeInvite(place, "x");
    await expect(join(() => Promise.resolve())).resolves.toEqual(["join x", "info"]);
    expect(files()).toEqual([]);
  });

  it("keeps one while the network is out of reach", async () => {
    await storeInvite(place, "x");
    await join(() => Promise.reject(new Refusal("network_unreachable")));
    await expect(texts()).resolves.toEqual(["x"]);
  });

  it("says why one leads nowhere, once, and never what it was", async () => {
    await storeInvite(place, "secret-slug");
    const [, line] = await join(() => Promise.reject(new Refusal("invite_forged")));
    expect(line).toBe("an invite leads nowhere (invite_forged): a reason");
    expect(files()).toEqual([]);
  });
});
