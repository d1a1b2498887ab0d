import { isDeepStrictEqual } from "node:util";
import { parseList, verifyList } from "../../packages/mesh-sdk/src/bootstrap/list.ts";
import {
  encodeDirectContent,
  parseDirectContent,
} from "../../packages/mesh-sdk/src/direct/direct-content.ts";
import { parsePrekey } from "../../packages/mesh-sdk/src/direct/prekey.ts";
import { openDirect } from "../../packages/mesh-sdk/src/direct/seal.ts";
import { MeshError } from "../../packages/mesh-sdk/src/errors.ts";
import { encodeFrame } from "../../packages/mesh-sdk/src/frame/encode-frame.ts";
import { type Fields, isFields } from "../../packages/mesh-sdk/src/frame/fields.ts";
import type { Frame } from "../../packages/mesh-sdk/src/frame/frames.ts";
import { parseFrame } from "../../packages/mesh-sdk/src/frame/parse-frame.ts";
import { canonicalText } from "../../packages/mesh-sdk/src/message/canonical.ts";
import { checkMessage } from "../../packages/mesh-sdk/src/message/check-message.ts";
import type { CheckedMessage, MeshMessage } from "../../packages/mesh-sdk/src/message/message.ts";
import { readContent } from "../../packages/mesh-sdk/src/message/read-content.ts";
import { byteTargetsOf } from "./byte-target.ts";
import type { FuzzTarget, FuzzVerdict } from "./engine.ts";
import { hostileJson } from "./hostile-json.ts";
import { createMeshFixture, type MeshFixture, NOW_MS } from "./mesh-fixtures.ts";

/** Names of frames and messages, and some that an object has without being asked. */
const TELLING_NAMES = [
  "type,message_id,channel_id,sender_id,body,payload,timestamp,signature,messages,limit,after_message_id",
  "peer_id,version,nonce,oc,oc_hops,$oc,sig,v,sealed,items,ranges,request,__proto__,constructor,toString,",
].flatMap((line) => line.split(","));

const byteTarget = byteTargetsOf(MeshError);

/** Every parser of the mesh SDK that meets what it did not make itself. */
export function meshTargets(): FuzzTarget[] {
  const fixture = createMeshFixture();
  const { frames, prekey, list, sender } = fixture;
  const judge = createJudge(fixture);
  return [
    byteTarget("frame", frames.map(bytesOf), (input) => judge(textOf(input))),
    treeTarget("frame as JSON", frames, judge),
    byteTarget("prekey", [bytesOf(JSON.stringify(prekey))], (input) => {
      const read = parsePrekey(parseFields(textOf(input)), NOW_MS);
      return isDeepStrictEqual(read, parsePrekey(prekey, NOW_MS)) ? "accepted" : "forged";
    }),
    byteTarget("bootstrap list", [bytesOf(list)], (input) => {
      const read = parseList(textOf(input));
      verifyList(read, { signerId: sender.peerId, known: undefined, nowMs: NOW_MS });
      return isDeepStrictEqual(read, parseList(list)) ? "accepted" : "forged";
    }),
    byteTarget("content of a sealed message", contentSamples(fixture), (input) => {
      const content = parseDirectContent(input);
      const again = parseDirectContent(encodeDirectContent(content));
      if (!isDeepStrictEqual(again, content)) throw new Error("sealing changes what was said");
      return "accepted";
    }),
    sealTarget(fixture),
  ];
}

/** Feeds a frame the way a connection does, and what it holds to the check of messages. */
function createJudge({ own, foreign }: MeshFixture): (text: string) => FuzzVerdict {
  const genuine = new Set([own, foreign].map(canonicalText));
  return (text) => {
    const frame = parseFrame(text, { allowsPage: true });
    if (frame === undefined) return "rejected";
    assertStable(frame);
    let verdict: FuzzVerdict = "accepted";
    // Forty copies of one message in a page say nothing new and cost forty checks.
    const messages = new Map(
      messagesOf(frame).map((message) => [JSON.stringify(message), message]),
    );
    for (const message of messages.values()) {
      const checked = tryCheck(message);
      if (checked === undefined) verdict = "rejected";
      else if (checked.verdict === "verified" && !genuine.has(canonicalText(message))) {
        return "forged";
      }
      readContent(message);
    }
    return verdict;
  };
}

/** What was read can be written, and then reads the same: no message may change on its way. */
function assertStable(frame: Frame): void {
  if (frame.type === "handshake" && Number.isNaN(frame.version)) return;
  if (frame.type === "error") return; // Cut on the way in, and never passed on.
  const text = encodeFrame(frame);
  const again = parseFrame(text, { allowsPage: true });
  if (again === undefined || encodeFrame(again) !== text) {
    throw new Error("writing a frame changes it");
  }
}

function messagesOf(frame: Frame): readonly MeshMessage[] {
  if (frame.type === "message") return [frame.message];
  return frame.type === "sync_response" || frame.type === "oc_page" ? frame.messages : [];
}

/** A page has many messages: one that is refused must not hide what becomes of the others. */
function tryCheck(message: MeshMessage): CheckedMessage | undefined {
  try {
    return checkMessage(message, { nowMs: NOW_MS, by: "sync" });
  } catch (error) {
    if (error instanceof MeshError) return undefined;
    throw error;
  }
}

/** Attacks with trees that are JSON always, so that more of them reach what lies behind the parser of JSON. */
function treeTarget(
  name: string,
  samples: readonly string[],
  judge: (text: string) => FuzzVerdict,
): FuzzTarget {
  return {
    name,
    generate: (random) => {
      const sample = parseFields(random.pick(samples));
      const changed = hostileJson(random, sample, TELLING_NAMES);
      // The type stays most of the time: an unknown one ends every frame at once.
      const type = random.below(8) === 0 ? {} : { type: sample["type"] };
      return bytesOf(JSON.stringify(isFields(changed) ? { ...changed, ...type } : changed));
    },
    feed: (input) => judge(textOf(input)),
    isRefusal: (error) => error instanceof MeshError,
  };
}

function contentSamples({ prekey }: MeshFixture): Uint8Array[] {
  return [
    encodeDirectContent({ body: "a secret", payload: { a: [1, null] }, replyTo: "m1", prekey }),
    encodeDirectContent({ knock: { from: "x", sig: "y" } }),
  ];
}

/** The seal of a proven message, changed by somebody who could also have signed it. */
function sealTarget(fixture: MeshFixture): FuzzTarget {
  const { receiver, prekeys } = fixture;
  const sealing = fixture.seal();
  const sample = bytesOf(JSON.stringify({ k: "", enc: "", ct: "" }));
  return {
    ...byteTarget("seal", [sample], () => "rejected"),
    generate: (random) => {
      const part = random.pick(["k", "enc", "ct"]);
      return bytesOf(`${part} ${random.below(2 ** 30)} ${random.below(64)}`);
    },
    feed: async (input) => {
      const checked = await sealing;
      const [part = "", at = "", letter = ""] = Buffer.from(input).toString("latin1").split(" ");
      const message = withChangedSeal(checked.message, part, Number(at), Number(letter));
      if (message.payloadText === checked.message.payloadText) return "accepted";
      await openDirect({ ...checked, message }, { key: receiver, prekeys });
      return "forged";
    },
  };
}

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function withChangedSeal(
  message: MeshMessage,
  part: string,
  at: number,
  letter: number,
): MeshMessage {
  const { sealed = {} } = readContent(message);
  const value = sealed[part];
  if (typeof value !== "string") throw new Error("the sample is not sealed");
  const index = at % value.length;
  const changed = value.slice(0, index) + (BASE64URL[letter] ?? "A") + value.slice(index + 1);
  const payloadText = message.payloadText?.replace(JSON.stringify(value), JSON.stringify(changed));
  return { ...message, payloadText: payloadText ?? null };
}

function parseFields(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MeshError("malformed", "not JSON");
  }
  if (!isFields(value)) throw new MeshError("malformed", "no object");
  return value;
}

function textOf(input: Uint8Array): string {
  return Buffer.from(input).toString("utf8");
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}
