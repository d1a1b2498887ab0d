import { malformed, MeshError } from "../errors.ts";
import { type Fields, isFields, readOptionalText } from "../frame/fields.ts";
import { MAX_FRAME_NESTING, MAX_MESSAGE_BYTES, MAX_MESSAGE_ID_LENGTH } from "../frame/limits.ts";
import { nestingOf } from "../frame/nesting.ts";
import { payloadTextOf } from "../message/canonical.ts";
import { readBody, readPayload } from "../message/wire.ts";

/** Lengths are hidden in steps: a relay learns "short", not "yes" or "no". */
const SMALL_STEP_BYTES = 256;
const LARGE_STEP_BYTES = 4096;
/** Ids, times, signatures, and the rest of a seal, with their names. */
const MAX_BYTES_AROUND = 1024;
const TAG_BYTES = 16;
/** In a message it is base64url, four letters for three bytes. */
const MAX_CONTENT_BYTES = Math.floor(((MAX_MESSAGE_BYTES - MAX_BYTES_AROUND) * 3) / 4) - TAG_BYTES;

/** What is inside a seal. */
export interface DirectContent {
  readonly body: string;
  /** Any JSON value; undefined for none. */
  readonly payload: unknown;
  readonly replyTo: string | undefined;
  /** The sender's own prekey, signed, so that an answer needs no question. */
  readonly prekey: Fields | undefined;
  /** Who knocks, in a first message (section 5.1). */
  readonly knock: Fields | undefined;
}

/**
 * The bytes to seal: JSON, filled up with spaces to a multiple of 256 bytes, above 4 KiB of 4 KiB.
 *
 * @throws MeshError `malformed` | `too_large`: what the receiver would refuse is refused here, and what no message has room for
 *   once it is sealed.
 */
export function encodeDirectContent(content: Partial<DirectContent>): Uint8Array {
  const { body = "", payload, replyTo, prekey, knock } = content;
  readBody(body);
  readOptionalText({ re: replyTo }, "re", MAX_MESSAGE_ID_LENGTH);
  const payloadText = payloadTextOf(payload);
  if (payloadText !== null) readPayload(JSON.parse(payloadText));
  const text = Buffer.from(JSON.stringify({ body, payload, re: replyTo, prekey, knock }));
  const step = text.length <= LARGE_STEP_BYTES ? SMALL_STEP_BYTES : LARGE_STEP_BYTES;
  const paddedBytes = Math.ceil(text.length / step) * step;
  if (paddedBytes > MAX_CONTENT_BYTES) {
    throw new MeshError(
      "too_large",
      `direct message: at most ${MAX_CONTENT_BYTES} bytes to seal, got ${paddedBytes}`,
    );
  }
  const padded = Buffer.alloc(paddedBytes, " ");
  text.copy(padded);
  return padded;
}

/** Reads what was sealed: the sender is known, not trusted. @throws MeshError `malformed` | `too_large`. */
export function parseDirectContent(bytes: Uint8Array): DirectContent {
  const text = Buffer.from(bytes).toString("utf8");
  if (nestingOf(text) > MAX_FRAME_NESTING) throw malformed("sealed message: nested too deep");
  const fields = parseObject(text);
  const payloadText = readPayload(fields["payload"]);
  return {
    body: readBody(fields["body"]),
    payload: payloadText === null ? undefined : fields["payload"],
    replyTo: readOptionalText(fields, "re", MAX_MESSAGE_ID_LENGTH),
    prekey: isFields(fields["prekey"]) ? fields["prekey"] : undefined,
    knock: isFields(fields["knock"]) ? fields["knock"] : undefined,
  };
}

function parseObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("sealed message: not JSON");
  }
  if (!isFields(value)) throw malformed("sealed message: expected an object");
  return value;
}
