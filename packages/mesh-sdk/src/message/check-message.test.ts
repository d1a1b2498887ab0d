import { assert, jsonValue, option, property, record, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, keyOf, nonceOf, NOW_MS } from "../../test-support/people.ts";
import { lateRefusalOf, refusalOf } from "../../test-support/refusal.ts";
import { encodeFrame } from "../frame/encode-frame.ts";
import { parseFrame } from "../frame/parse-frame.ts";
import { peerIdOf } from "../identity/peer-id.ts";
import { signText } from "../identity/signature.ts";
import { canonicalText } from "./canonical.ts";
import {
  checkMessage,
  examineMessage,
  MAX_AHEAD_MS,
  MAX_LIVE_AGE_MS,
  proveMessage,
} from "./check-message.ts";
import type { CheckedMessage, MeshMessage } from "./message.ts";
import { readContent } from "./read-content.ts";
import { type MessageDraft, signMessage } from "./sign-message.ts";

const ada = keyOf("ada");
const eve = keyOf("eve");
const LIVE = { nowMs: NOW_MS, by: "live" } as const;
const SYNC = { nowMs: NOW_MS, by: "sync" } as const;

const DRAFT: MessageDraft = {
  channelId: "lobby",
  body: "hello",
  payload: { z: 1, 7: "seven" },
  timestampMs: NOW_MS,
  nonce: nonceOf("hello"),
  replyTo: "m1",
  seq: 3,
  prev: "m0",
};
const { message: own } = signMessage(ada, DRAFT);

/** A message as a peer of the reference makes it. */
const foreign = signedAs(ada, {
  messageId: "00000000-0000-4000-8000-000000000000",
  channelId: "lobby",
  senderId: ada.peerId,
  body: "hello",
  payloadText: '{"$oc":{"v":1,"sig":"odd"}}',
  timestamp: new Date(NOW_MS).toISOString(),
  timestampMs: NOW_MS,
  signature: undefined,
});

function signedAs(key: typeof ada, message: MeshMessage): MeshMessage {
  const signature = Buffer.from(signText(key, canonicalText(message))).toString("base64");
  return { ...message, signature };
}

function codeOf(message: MeshMessage, options: typeof LIVE | typeof SYNC = SYNC) {
  return refusalOf(() => checkMessage(message, options));
}

async function prove(message: MeshMessage): Promise<CheckedMessage> {
  return await proveMessage(examineMessage(message, LIVE));
}

function draftCode(draft: Partial<MessageDraft>) {
  return refusalOf(() => signMessage(ada, { ...DRAFT, ...draft }));
}

function dated(timestampMs: number): MeshMessage {
  return signMessage(ada, { ...DRAFT, timestampMs }).message;
}

function overTheWire(message: MeshMessage): MeshMessage {
  const frame = parseFrame(encodeFrame({ type: "message", message }));
  if (frame?.type !== "message") throw new Error("not a message");
  return frame.message;
}

describe("a message of ours", () => {
  it("is verified by its sender's id alone, and says what was put in", () => {
    const checked = checkMessage(overTheWire(own), LIVE);
    expect(checked).toEqual(signMessage(ada, DRAFT));
    expect(checked.verdict).toBe("verified");
    expect(readContent(checked.message)).toEqual({
      body: "hello",
      payload: { 7: "seven", z: 1 },
      replyTo: "m1",
      nonce: expect.stringMatching(/^[\w-]{22}$/),
      seq: 3,
      prev: "m0",
      sealed: undefined,
    });
  });

  it("stays verified when a store of the reference has dropped the outer signature", () => {
    const { verdict, digest } = checkMessage({ ...own, signature: undefined }, SYNC);
    expect(verdict).toBe("verified");
    expect(digest).toEqual(checkMessage(own, SYNC).digest);
  });

  it("is proven beside the event loop as in it", async () => {
    for (const message of [own, { ...own, signature: undefined }, foreign]) {
      expect(await prove(message)).toEqual(checkMessage(message, LIVE));
    }
    expect((await prove({ ...foreign, signature: undefined })).verdict).toBe("unverified");
    expect(await lateRefusalOf(() => prove({ ...foreign, body: "hallo" }))).toBe("forged");
  });

  it("is forged when anything in it was changed, with the outer signature or without", () => {
    const changes: readonly Partial<MeshMessage>[] = [
      { body: "hallo" },
      { channelId: "#dev" },
      { senderId: eve.peerId },
      { timestamp: own.timestamp.replace("12:", "11:") },
      { timestamp: own.timestamp.replace("000Z", "00Z") },
      { payloadText: own.payloadText?.replace('"z":1', '"z":2') ?? null },
      { payloadText: own.payloadText?.replace('"seq":3', '"seq":4') ?? null },
      { payloadText: own.payloadText?.replace('"sig":"', '"more":1,"sig":"') ?? null },
      { messageId: `oc1-${"A".repeat(43)}` },
    ];
    for (const change of changes) {
      const tampered = { ...own, ...change };
      expect(codeOf(tampered)).toBe("forged");
      expect(codeOf({ ...tampered, signature: undefined })).toBe("forged");
    }
  });

  it("is forged when the proof inside was stripped together with the outer signature", () => {
    const bare = { ...own, payloadText: '{"7":"seven","z":1}', signature: undefined };
    expect(codeOf(bare)).toBe("forged");
    expect(codeOf({ ...bare, payloadText: null })).toBe("forged");
  });

  it("cannot have its id taken by another sender, even one who signs", () => {
    const squatted = signedAs(eve, { ...own, senderId: eve.peerId });
    expect(codeOf(squatted)).toBe("forged");
  });

  it("is forged when the signature inside is another's and the outer one is gone", () => {
    const proof = own.payloadText?.replace(/"sig":"[^"]+"/, `"sig":"${"A".repeat(86)}"`) ?? null;
    expect(codeOf({ ...own, payloadText: proof, signature: undefined })).toBe("forged");
  });

  it("has another id for another nonce, and the same for the same draft", () => {
    const again = signMessage(ada, { ...DRAFT, nonce: nonceOf("again") });
    expect(again.message.messageId).not.toBe(own.messageId);
    expect(signMessage(ada, DRAFT).message).toEqual(own);
  });

  it("carries whatever JSON it was given, over the wire and back", () => {
    const texts = string({ unit: "binary" }).filter((text) => !text.includes("\0"));
    const drafts = record({
      body: texts,
      payload: option(jsonValue({ maxDepth: 5 })),
      replyTo: option(string({ minLength: 1, maxLength: 20 }), { nil: undefined }),
    });
    assert(
      property(drafts, ({ body, payload, replyTo }) => {
        let checked: CheckedMessage;
        try {
          checked = signMessage(ada, { ...DRAFT, body, payload, replyTo });
        } catch {
          return; // What other peers would refuse; the next test is about it.
        }
        const received = overTheWire(checked.message);
        expect(checkMessage(received, LIVE)).toEqual(checked);
        expect(checkMessage({ ...received, signature: undefined }, SYNC).verdict).toBe("verified");
        const content = readContent(received);
        const isNothing =
          payload === null ||
          (typeof payload === "object" &&
            !Array.isArray(payload) &&
            Object.keys(payload).length === 0);
        expect(content.body).toBe(body);
        expect(JSON.stringify(content.payload)).toBe(
          isNothing ? undefined : JSON.stringify(payload),
        );
        expect(content.replyTo).toBe(replyTo);
      }),
    );
  });

  it("is refused before it is sent when others would refuse it", () => {
    expect(draftCode({ body: "x".repeat(65_537) })).toBe("too_large");
    expect(draftCode({ payload: "x".repeat(260_000) })).toBe("too_large");
    expect(draftCode({ body: "\0" })).toBe("malformed");
    expect(draftCode({ payload: { a: "\uD800" } })).toBe("malformed");
    expect(draftCode({ payload: { $oc: {} } })).toBe("malformed");
    expect(draftCode({ channelId: "" })).toBe("malformed");
    expect(draftCode({ nonce: bytesOf("long") })).toBe("malformed");
    expect(draftCode({ payload: new Map([["a", 1]]) })).toBeUndefined();
  });
});

describe("a message of the reference", () => {
  it("is verified by its signature, whatever lies under our name in its payload", () => {
    expect(checkMessage(overTheWire(foreign), LIVE).verdict).toBe("verified");
    expect(readContent(foreign)).toMatchObject({
      payload: { $oc: { v: 1, sig: "odd" } },
      sealed: undefined,
    });
  });

  it("is unverified without a signature, and forged with another's", () => {
    expect(checkMessage({ ...foreign, signature: undefined }, LIVE).verdict).toBe("unverified");
    expect(codeOf({ ...foreign, body: "hallo" })).toBe("forged");
    expect(codeOf(signedAs(eve, foreign))).toBe("forged");
  });

  it("is unverified when its sender is a name, not a key: of another form, or one that anybody can sign under", () => {
    const identity = new Uint8Array(32).fill(1, 0, 1);
    const identityOfOtherSign = Uint8Array.from(identity).fill(0x80, 31);
    // y = p + 1, which means 1.
    const identityOtherwise = new Uint8Array(32).fill(0xee, 0, 1).fill(0xff, 1).fill(0x7f, 31);
    const names = [identity, identityOfOtherSign, identityOtherwise].map(peerIdOf);
    for (const senderId of ["peer-abc", "alice", `${ada.peerId}=`, ...names]) {
      const named = signedAs(ada, { ...foreign, senderId });
      expect(checkMessage(named, LIVE).verdict).toBe("unverified");
    }
  });

  it("is forged when it is signed under a key that is no point of the curve", () => {
    const senderId = peerIdOf(new Uint8Array(32).fill(2));
    expect(codeOf(signedAs(ada, { ...foreign, senderId }))).toBe("forged");
  });
});

describe("the clock of a sender", () => {
  it("may be two minutes ahead", () => {
    const early = NOW_MS + MAX_AHEAD_MS;
    expect(codeOf(dated(early), LIVE)).toBeUndefined();
    expect(codeOf(dated(early + 1), LIVE)).toBe("out_of_time");
    expect(codeOf(dated(early + 1), SYNC)).toBe("out_of_time");
  });

  it("may be a day behind in news, and any time in catch-up", () => {
    const late = NOW_MS - MAX_LIVE_AGE_MS;
    expect(codeOf(dated(late), LIVE)).toBeUndefined();
    expect(codeOf(dated(late - 1), LIVE)).toBe("out_of_time");
    expect(codeOf(dated(0), SYNC)).toBeUndefined();
  });
});
