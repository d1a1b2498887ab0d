// Malformed input of every kind that a relay can hand to a bot, for a gateway to meet: answers, values, announcements.
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Fault, FaultScope, RelayRoute } from "gossip-relay";
import { isJsonObject } from "channel-testing";
import { defaultCrypto, type PublicKeyBundle } from "gossip-sdk";
import { createAnnouncement } from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import { identityFromRoot } from "../../packages/gossip-sdk/src/identity/identity.ts";
import { createBoardValue } from "./gossip-board-fixtures.ts";

const MIB = 1_048_576;
/** After each refusal the account waits longer before it asks again. */
const REFUSALS = 2;
/** Beyond what a value may have. */
const HUGE = randomBytes(2 * MIB).toString("base64");

/** Answers that no relay gives. */
interface Lie {
  readonly name: string;
  /** With `times` it is over when it was told so often, without it is told until it is removed. */
  readonly fault: Fault & FaultScope;
}

type Body = Buffer | string;

/** Answers to "what is new on the bulletin?": none of them can be read, so the account says that it has no relay. */
export const BULLETIN_LIES: readonly Lie[] = [
  bulletinLie("a counter beyond 64 bits", { counter: "9223372036854775808" }),
  bulletinLie("a counter that is no text", { counter: 2 ** 53 }),
  bulletinLie("a counter below nothing", { counter: "-1" }),
  bulletinLie("a login page", "<!doctype html><title>Log in</title>"),
  bulletinLie("half an answer", '{"counter": "1'),
  bulletinLie("nothing", ""),
  bulletinLie("a bomb", gzipSync(Buffer.alloc(64 * MIB, 0x20)), { "content-encoding": "gzip" }),
];

/** Answers to "what is at these addresses?" that are refused whole. */
export const BOARD_LIES: readonly Lie[] = [
  boardLie("no list", () => "{}", REFUSALS),
  boardLie("a list of nothings", () => "[null]", REFUSALS),
  boardLie("a million lists", () => `[${"[],".repeat(1_000_000)}[]]`, REFUSALS),
];

/** Answers to the same in which only the values are wrong: the account goes on, and asks again. */
export const VALUE_LIES: readonly Lie[] = [
  valueLie("noise", () => randomBytes(3_700).toString("base64")),
  valueLie("signed by somebody else", () =>
    Buffer.from(createBoardValue().value).toString("base64"),
  ),
  valueLie("too long", () => HUGE),
  valueLie("no Base64", () => "not base64!"),
];

/** Announcements to one person that the relay cannot know to be malformed. One can be read, but for what its sender says. */
export function createMalformedAnnouncements(
  recipient: PublicKeyBundle,
): readonly (readonly [name: string, bytes: Uint8Array])[] {
  const create = (userData = new Uint8Array(), nowMs = Date.now()): Buffer => {
    const crypto = defaultCrypto();
    const identity = identityFromRoot(randomBytes(32), crypto);
    return Buffer.from(createAnnouncement({ identity, recipient, userData, nowMs, crypto }).bytes);
  };
  const flipped = create();
  flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1);
  return [
    ["noise", randomBytes(8_969)],
    ["cut in the middle", create().subarray(0, 5_000)],
    ["with one bit flipped at its end", flipped],
    ["with bytes behind its end", Buffer.concat([create(), randomBytes(10)])],
    ["with a text of 4 GiB", create(Buffer.from("ffffffff00", "hex"))],
    ["from the end of time", create(undefined, Number.MAX_SAFE_INTEGER)],
  ];
}

function bulletinLie(name: string, answer: Body | object, headers = {}): Lie {
  const isBody = typeof answer === "string" || Buffer.isBuffer(answer);
  const body = isBody ? answer : JSON.stringify(answer);
  return { name, fault: respondWith("bulletin_counter", () => body, headers) };
}

function boardLie(
  name: string,
  answer: (addresses: readonly unknown[]) => Body,
  times?: number,
): Lie {
  const fault = respondWith("messages_fetch", (body) => {
    const seekers = isJsonObject(body) ? body["seekers"] : undefined;
    return answer(Array.isArray(seekers) ? seekers : []);
  });
  return { name, fault: times === undefined ? fault : { ...fault, times } };
}

/** The same wrong value at every address that is asked for, and one that nobody asked for. */
function valueLie(name: string, createValue: () => string): Lie {
  return boardLie(`values: ${name}`, (addresses) => {
    const unasked = Buffer.from(createBoardValue().seeker).toString("base64");
    return JSON.stringify([...addresses, unasked].map((key) => ({ key, value: createValue() })));
  });
}

function respondWith(
  route: RelayRoute,
  answer: (body: unknown) => Body,
  headers: Readonly<Record<string, string>> = {},
): Fault & FaultScope {
  return {
    kind: "respond",
    routes: [route],
    respond: (_request, response, body) => {
      response.writeHead(200, { "content-type": "application/json", ...headers });
      response.end(answer(body));
    },
  };
}
