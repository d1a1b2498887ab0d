import { type Fields, isFields } from "../frame/fields.ts";
import { MAX_MESSAGE_ID_LENGTH } from "../frame/limits.ts";
import type { MeshMessage } from "./message.ts";
import { isOwnId, OWN_KEY } from "./own-proof.ts";

/** Where a payload lies that is no object (section 2.4). */
export const BARE_VALUE_KEY = "value";

/** What a message says, without what we have put into its payload. */
export interface MessageContent {
  readonly body: string;
  /** Parsed; undefined when there is none. */
  readonly payload: unknown;
  readonly replyTo: string | undefined;
  /** 16 bytes in base64url, where the message is of our kind. */
  readonly nonce: string | undefined;
  /** Number of the message among its sender's in the channel, and the id of the one before. */
  readonly seq: number | undefined;
  readonly prev: string | undefined;
  /** A sealed direct message, to be opened by {@link openDirect}. */
  readonly sealed: Fields | undefined;
}

/** Takes a checked message apart. Foreign messages are given as they are, even with our name in their payload. */
export function readContent({ messageId, body, payloadText }: MeshMessage): MessageContent {
  const payload: unknown = payloadText === null ? undefined : JSON.parse(payloadText);
  const { [OWN_KEY]: own, ...rest } = isOwnId(messageId) && isFields(payload) ? payload : {};
  if (!isFields(own)) return { ...NOTHING_OF_OURS, body, payload };
  return { body, payload: payloadOf(rest, own), ...ownFieldsOf(own) };
}

const NOTHING_OF_OURS = {
  replyTo: undefined,
  nonce: undefined,
  seq: undefined,
  prev: undefined,
  sealed: undefined,
} as const;

function payloadOf(rest: Fields, own: Fields): unknown {
  if (own["bare"] === true) return rest[BARE_VALUE_KEY];
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function ownFieldsOf(own: Fields): Omit<MessageContent, "body" | "payload"> {
  const { re, nonce, seq, prev, sealed } = own;
  return {
    replyTo: isId(re) ? re : undefined,
    nonce: isId(nonce) ? nonce : undefined,
    seq: typeof seq === "number" && Number.isSafeInteger(seq) ? seq : undefined,
    prev: isId(prev) ? prev : undefined,
    sealed: isFields(sealed) ? sealed : undefined,
  };
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_MESSAGE_ID_LENGTH;
}
