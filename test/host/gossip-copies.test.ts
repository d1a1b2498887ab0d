// One state directory in two places, a gateway on each, as after a move on which the old machine was left running.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  isJsonObject,
  prepareHost,
  startGateway,
  startScriptedModel,
  type Gateway,
  type ModelReply,
  type ModelRequest,
  type ScriptedModel,
} from "channel-testing";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { type GossipHost, startGossipHost } from "../support/gossip-host.ts";
import { whenCopyNoticed } from "./support/gossip-accounts.ts";

const WAIT_MS = 90_000;
/** Longer than a copy leaves a person to another one. */
const TAKE_BACK_MS = 18 * 60_000;

const folder = mkdtempSync(path.join(tmpdir(), "gossip-copies-"));
const stack = new AsyncDisposableStack();

let gossip: GossipHost;
let people: readonly [GossipPerson, GossipPerson];
let botId = "";
/** Each gateway with a model of its own, whose answers bear its name. */
const places = new Map<string, { readonly gateway: Gateway; readonly model: ScriptedModel }>();
let aheadMs = 0;

function answerAs(name: string): (request: ModelRequest) => ModelReply {
  return ({ lastUserText }) => `${name}: ${lastUserText.match(/\b[a-z]+-\d+-[pq]\b/g)?.at(-1)}`;
}

/** A place for locks, as every machine has its own. */
function lockFolder(name: string): string {
  const made = path.join(folder, `run-${name}`);
  mkdirSync(made, { mode: 0o700 });
  return made;
}

beforeAll(async () => {
  gossip = stack.use(
    await startGossipHost({
      async section(network) {
        people = [await network.openPerson("pat"), await network.openPerson("quinn")];
        return { enabled: true, dmPolicy: "allowlist", allowFrom: people.map(({ id }) => id) };
      },
      reply: answerAs("original"),
      movesClock: true,
      env: { XDG_RUNTIME_DIR: lockFolder("original") },
    }),
  );
  botId = await gossip.network.findBot(gossip.gateway, "default", WAIT_MS);
});
afterAll(async () => {
  await stack.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
});

/** Both people ask. @returns Who answered each of them first. */
async function ask(word: string): Promise<string[]> {
  return Promise.all(
    people.map(async (person, index) => {
      const text = `${word}-${index === 0 ? "p" : "q"}`;
      await person.say(botId, text);
      const heard = await person.hear(botId, (answer) => answer.endsWith(`: ${text}`), WAIT_MS);
      return heard.split(": ")[0] ?? "";
    }),
  );
}

function passTime(ms: number): void {
  aheadMs += ms;
  gossip.setClocksAhead(aheadMs);
}

/** What the model of a place was asked about, a word for each message. */
function askedOf({ model }: { readonly model: ScriptedModel }): string[] {
  return model.requests.flatMap(
    ({ lastUserText }) => lastUserText.match(/\b[a-z]+-\d+-[pq]\b/g) ?? [],
  );
}

it("two gateways with one copied directory notice each other, and neither answers anything old or anything twice", async () => {
  expect(await ask("old-1")).toEqual(["original", "original"]);
  expect(await ask("old-2")).toEqual(["original", "original"]);
  await gossip.gateway.stop();
  cpSync(gossip.host.paths.stateDir, path.join(folder, "copy", ".openclaw"), { recursive: true });

  const model = stack.use(await startScriptedModel({ reply: answerAs("copy") }));
  const { channels } = gossip.host.readConfig();
  const copied = await prepareHost({
    root: path.join(folder, "copy"),
    model,
    channels: isJsonObject(channels) ? channels : {},
    plugins: gossip.plugins,
    ownerAllowFrom: ["gossip:nobody"],
    env: { ...gossip.env, XDG_RUNTIME_DIR: lockFolder("copy") },
  });
  const original = stack.use(await startGateway(gossip.host));
  const copy = stack.use(await startGateway(copied));
  places.set("original", { gateway: original, model: gossip.model });
  places.set("copy", { gateway: copy, model });
  for (const { gateway } of places.values())
    expect(await gossip.network.findBot(gateway, "default", WAIT_MS)).toBe(botId);

  for (const [index, pauseMs] of [0, 0, TAKE_BACK_MS, 0, TAKE_BACK_MS, 0].entries()) {
    passTime(pauseMs);
    await ask(`both-${index}`);
  }
  await Promise.all([original, copy].map((each) => whenCopyNoticed(each, "default", WAIT_MS)));

  const old = /^old-/;
  expect(
    askedOf({ model: gossip.model })
      .filter((word) => old.test(word))
      .toSorted(),
  ).toEqual(["old-1-p", "old-1-q", "old-2-p", "old-2-q"]);
  expect(askedOf({ model }).filter((word) => old.test(word))).toEqual([]);
  for (const place of places.values()) {
    const asked = askedOf(place);
    expect(asked.some((word) => word.startsWith("both-"))).toBe(true);
    expect(new Set(asked).size).toBe(asked.length);
  }
  for (const { inbox } of people) {
    const texts = inbox.received.map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
  }
});

it("when one of them is stopped, the other one answers everybody again", async () => {
  const [holder = ""] = await ask("who-1");
  await places.get(holder)?.gateway.stop();
  const answered = ask("still-1");
  passTime(TAKE_BACK_MS);
  const other = holder === "copy" ? "original" : "copy";
  expect(await answered).toEqual([other, other]);
  expect(await ask("still-2")).toEqual([other, other]);
});
