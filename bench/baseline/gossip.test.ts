import { readFileSync } from "node:fs";
import { bytesToHex, equalBytes, hexToBytes } from "@noble/ciphers/utils.js";
import { base64 } from "@scure/base";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  createAnnouncement,
  createSession,
  identityFromWords,
  openAnnouncement,
  receiveMessage,
  seekerOf,
  sendMessage,
} from "./gossip.ts";
import type {
  BaselineIdentity,
  BaselineSession,
  IncomingRequest,
  OutgoingRequest,
  Random,
} from "./gossip.ts";

// Made by the official WASM with recorded randomness and clock; docs/protocol/gossip.md section 13.
const VECTORS = new URL("../../packages/gossip-sdk/vectors/gossip.json", import.meta.url);

const stepSchema = z.object({
  now: z.number(),
  op: z.string(),
  actor: z.number(),
  peer: z.number().default(-1),
  rng: z.string().default(""),
  user_data: z.string().default(""),
  contents: z.string().default(""),
  announcement: z.number().default(-1),
  message: z.number().default(-1),
  announcement_b64: z.string().default(""),
  data_b64: z.string().default(""),
  seeker: z.string().nullish(),
  flip_low_bit_at: z.number().optional(),
  result: z
    .object({
      user_data: z.string().optional(),
      message: z.string().optional(),
      acknowledged_seekers: z.array(z.string()).optional(),
    })
    .nullish(),
});
const vectors = z
  .object({
    identities: z.array(z.object({ mnemonic: z.string(), user_id_hex: z.string() })),
    scenarios: z.array(z.object({ name: z.string(), steps: z.array(stepSchema) })),
  })
  .parse(JSON.parse(readFileSync(VECTORS, "utf8")));

type Step = z.infer<typeof stepSchema>;

interface Actor {
  readonly identity: BaselineIdentity;
  outgoing?: OutgoingRequest;
  incoming?: IncomingRequest;
  session?: BaselineSession;
}

describe("the yardstick", () => {
  it("derives the official user id from words", () => {
    const [expected] = vectors.identities;
    const identity = identityFromWords(expected?.mnemonic ?? "");
    expect(bytesToHex(identity.publicKeys.userId)).toBe(expected?.user_id_hex);
  });

  it.each(["handshake and ping-pong", "crossed announcements and bursts"])(
    "repeats every announcement and message of the official run '%s'",
    { timeout: 60_000 },
    (name) => {
      const scenario = vectors.scenarios.find((candidate) => candidate.name === name);
      const { expected, actual } = replay(scenario?.steps ?? []);
      expect(expected.length).toBeGreaterThan(10);
      expect(actual).toEqual(expected);
    },
  );
});

/** Runs the create, open, send and receive steps of one scenario between two people. */
function replay(steps: readonly Step[]): { expected: unknown[]; actual: unknown[] } {
  const actors = new Map<number, Actor>();
  const actor = (index: number): Actor => {
    const known = actors.get(index) ?? {
      identity: identityFromWords(vectors.identities[index]?.mnemonic ?? ""),
    };
    actors.set(index, known);
    return known;
  };
  const announcements = new Map<number, Uint8Array>();
  const messages = new Map<number, { seeker: Uint8Array; data: Uint8Array }>();
  const expected: unknown[] = [];
  const actual: unknown[] = [];

  for (const step of steps) {
    const me = actor(step.actor);
    if (step.op === "establish_outgoing_session") {
      const bytes = establish(me, actor(step.peer), step);
      announcements.set(step.announcement, bytes);
      expected.push(step.announcement_b64);
      actual.push(base64.encode(bytes));
    } else if (step.op === "feed_incoming_announcement") {
      const bytes = announcements.get(step.announcement) ?? new Uint8Array();
      expected.push(step.result?.user_data);
      actual.push(feedAnnouncement(me, flipped(bytes, step.flip_low_bit_at)));
    } else if (step.op === "send_message") {
      const sent = sendMessage(
        sessionOf(me),
        hexToBytes(step.contents),
        step.now,
        recorded(step.rng),
      );
      me.session = sent.session;
      messages.set(step.message, sent);
      expected.push([step.seeker, step.data_b64]);
      actual.push([bytesToHex(sent.seeker), base64.encode(sent.data)]);
    } else if (step.op === "feed_incoming_message_board_read") {
      const posted = messages.get(step.message);
      expected.push([step.result?.message, step.result?.acknowledged_seekers]);
      actual.push(feedMessage(me, posted));
    }
  }
  return { expected, actual };
}

function establish(me: Actor, peer: Actor, step: Step): Uint8Array {
  const { bytes, request } = createAnnouncement(
    me.identity,
    peer.identity.publicKeys,
    hexToBytes(step.user_data),
    step.now,
    recorded(step.rng),
  );
  me.outgoing = request;
  if (me.incoming !== undefined) me.session = createSession(request, me.incoming);
  return bytes;
}

function feedAnnouncement(me: Actor, bytes: Uint8Array): string | undefined {
  const opened = openAnnouncement(me.identity, bytes);
  if (opened === undefined || opened.request.sentAtMs <= (me.incoming?.sentAtMs ?? 0)) {
    return undefined;
  }
  me.incoming = opened.request;
  if (me.outgoing !== undefined) me.session = createSession(me.outgoing, opened.request);
  return bytesToHex(opened.userData);
}

function feedMessage(
  me: Actor,
  posted: { seeker: Uint8Array; data: Uint8Array } | undefined,
): [string | undefined, string[] | undefined] {
  const session = sessionOf(me);
  if (posted === undefined || !equalBytes(posted.seeker, seekerOf(session.peerSeekerSeed))) {
    return [undefined, undefined];
  }
  const received = receiveMessage(session, me.identity, posted.seeker, posted.data);
  me.session = received?.session ?? session;
  return [
    received && bytesToHex(received.contents),
    received?.acknowledged.map((seeker) => bytesToHex(seeker)),
  ];
}

function sessionOf(me: Actor): BaselineSession {
  if (me.session === undefined) throw new Error("the scenario uses a session that does not exist");
  return me.session;
}

/** Hands out the recorded draws in order. */
function recorded(hex: string): Random {
  const bytes = hexToBytes(hex);
  let offset = 0;
  return (length) => bytes.slice(offset, (offset += length));
}

function flipped(bytes: Uint8Array, at: number | undefined): Uint8Array {
  if (at === undefined) return bytes;
  const out = bytes.slice();
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
}
