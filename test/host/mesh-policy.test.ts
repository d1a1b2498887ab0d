import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pollUntil } from "channel-testing";
import { readFiles } from "../support/folder-files.ts";
import { makeMeshIdentity, startMeshHost, type MeshHost } from "../support/mesh-host.ts";
import { createMeshPerson, hearText, listTexts, type MeshPerson } from "../support/mesh-person.ts";
import { approvePairing } from "./support/pairing-requests.ts";

const WAIT_MS = 60_000;
/** Messages that others may write to an agent in the lobby before it stops answering. */
const LOOP_BUDGET = 4;
const WORD = /\b(?:say|canary|ping)-[a-z0-9]+\b/g;

let folder = "";
let relay: MeshPerson;
/** Is on Ada's list for channels, and for nothing else. */
let alice: MeshPerson;
let stranger: MeshPerson;
let ada: MeshHost;
let bob: MeshHost;
let adaId = "";
let bobId = "";
const stack = new AsyncDisposableStack();

/** Calls the other agent whatever comes in the lobby's game, and answers everything else. */
function answerAs(other: string): (request: { readonly lastUserText: string }) => string {
  return ({ lastUserText }) =>
    lastUserText.includes("ping-")
      ? `${other}, ping-again`
      : `answer to ${lastUserText.match(WORD)?.join(" ")}`;
}

const count = (host: MeshHost): number => host.turnsAbout("ping-").length;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "mesh-host-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const person = async (name: string, dial?: string): Promise<MeshPerson> =>
    stack.use(
      await createMeshPerson({
        folder: path.join(folder, name),
        channels: ["lobby", "#dev"],
        ...(dial === undefined ? {} : { dial }),
      }),
    );
  relay = await person("relay");
  alice = await person("alice", relay.url);
  stranger = await person("stranger", relay.url);
  const [first, second] = [await makeMeshIdentity(), await makeMeshIdentity()];
  adaId = first.peerId;
  bobId = second.peerId;
  const shared = { relay: relay.url, channels: ["lobby", "#dev"] };
  const start = async (name: string, words: string, other: string, heard: string[]) =>
    stack.use(
      await startMeshHost({
        folder: path.join(folder, name),
        words,
        relay: shared.relay,
        section: {
          name,
          channels: shared.channels,
          groupAllowFrom: heard,
          loopBudget: { messages: LOOP_BUDGET, minutes: 60 },
        },
        reply: answerAs(other),
      }),
    );
  ada = await start("Ada", first.words, "Bob", [alice.peerId, bobId]);
  bob = await start("Bob", second.words, "Ada", [adaId]);
  await relay.whenLinked(4);
}, 300_000);
afterAll(async () => {
  await stack.disposeAsync();
});

describe("a Mesh bot on the real OpenClaw", () => {
  it("directly: a stranger gets one code and no turn; approved, a notice and an answer; what is written no relay can read", async () => {
    await stranger.whisper(adaId, "say-unheard");
    const code = await hearText(stranger, adaId, "direct", /openclaw pairing approve mesh \w+/);
    expect(code).toContain(stranger.peerId);
    await approvePairing(ada.gateway, { channel: "mesh", accountId: "default" }, stranger.peerId);
    await hearText(stranger, adaId, "direct", /You're in/);
    await stranger.whisper(adaId, "canary-sealed");
    await hearText(stranger, adaId, "direct", "answer to canary-sealed");
    expect(ada.turnsAbout("say-unheard")).toEqual([]);
    expect(ada.turnsAbout("canary-sealed")).toHaveLength(1);
    expect(listTexts(stranger, adaId, "direct").filter((text) => text === code)).toHaveLength(1);
  });

  it("in a channel: hears who is listed and calls it; nobody else, and no slash", async () => {
    await alice.say("#dev", "say-quiet to nobody");
    await stranger.say("#dev", "Ada, say-stranger");
    await alice.say("#dev", "/new Ada say-slash");
    await hearText(alice, adaId, "group", "answer to say-slash");
    await alice.say("#dev", "Ada, canary-public");
    await hearText(alice, adaId, "group", "answer to canary-public");
    expect(ada.turnsAbout("say-quiet")).toEqual([]);
    expect(ada.turnsAbout("say-stranger")).toEqual([]);
    const [turn] = ada.turnsAbout("canary-public");
    // The session that "/new" would have begun anew still has what was said before.
    expect(JSON.stringify(turn)).toContain("say-slash");
    const context = JSON.stringify(ada.model.requests);
    expect(context).toContain("signature_verified");
    expect(context).toContain(alice.peerId);
  });

  it("two agents that call each other stop within their loop budgets, and are still there", async () => {
    await alice.say("lobby", "Ada, ping-start");
    await pollUntil(
      async () => [count(ada), count(bob)],
      (counts) => counts.every((turns) => turns === LOOP_BUDGET),
      WAIT_MS,
      "both budgets to be used up",
    );
    // What is over the budget has come, and was dropped, when a later message of the same sender is answered elsewhere.
    await hearText(alice, bobId, "group", "Ada, ping-again");
    await alice.say("#dev", "Ada, say-after");
    await hearText(alice, adaId, "group", "answer to say-after");
    expect([count(ada), count(bob)]).toEqual([LOOP_BUDGET, LOOP_BUDGET]);
    expect(listTexts(alice, bobId, "group")).toHaveLength(LOOP_BUDGET);
  });

  it("a relay's store holds what was said in the channel, and nothing of what was said directly", () => {
    const stored = readFiles(path.join(folder, "relay"))
      .map(({ bytes }) => bytes.toString("latin1"))
      .join("\n");
    expect(stored).toContain("canary-public");
    expect(stored).not.toContain("canary-sealed");
    expect(stored).not.toContain("say-unheard");
  });
});
