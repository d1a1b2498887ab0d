import { invalidArgument } from "../grpc/status.ts";

/** RFC 9420: the only protocol version there is. */
const MLS_10 = 1;

const WIRE_FORMAT_PUBLIC = 1;
const WIRE_FORMAT_PRIVATE = 2;

const SENDER_MEMBER = 1;
const SENDER_EXTERNAL = 2;

const CONTENT_APPLICATION = 1;
const CONTENT_COMMIT = 3;

const CREDENTIAL_BASIC = 1;
const INSTALLATION_KEY_BYTES = 32;

export interface GroupMessageHeader {
  readonly groupId: Uint8Array;
  /** Proposal or commit: clients keep a cursor of its own for these. */
  readonly isCommit: boolean;
}

/**
 * Reads what stands unencrypted in front of a group message: an MLSMessage of RFC 9420, section 6.
 *
 * @throws {@link GrpcStatus} `INVALID_ARGUMENT`.
 */
export function readGroupMessageHeader(message: Uint8Array): GroupMessageHeader {
  const reader = new TlsReader(message, "group message");
  if (reader.uint16() !== MLS_10) throw reader.invalid("unknown MLS version");
  const wireFormat = reader.uint16();
  if (wireFormat !== WIRE_FORMAT_PUBLIC && wireFormat !== WIRE_FORMAT_PRIVATE) {
    throw reader.invalid(`wire format ${wireFormat} is no group message`);
  }
  const groupId = reader.vector();
  if (groupId.length === 0) throw reader.invalid("empty group id");
  reader.skip(8); // epoch
  if (wireFormat === WIRE_FORMAT_PUBLIC) skipSender(reader);
  const contentType = reader.uint8();
  if (contentType < CONTENT_APPLICATION || contentType > CONTENT_COMMIT) {
    throw reader.invalid(`unknown content type ${contentType}`);
  }
  return { groupId, isCommit: contentType !== CONTENT_APPLICATION };
}

function skipSender(reader: TlsReader): void {
  const sender = reader.uint8();
  if (sender === SENDER_MEMBER || sender === SENDER_EXTERNAL) reader.skip(4);
  reader.vector(); // authenticated data
}

/**
 * Reads the installation key out of a key package: the signature key of its leaf (RFC 9420, sections 7.2 and 10).
 *
 * @param keyPackage - A bare KeyPackage, as XMTP sends it, not wrapped in an MLSMessage.
 * @returns 32 bytes.
 * @throws {@link GrpcStatus} `INVALID_ARGUMENT`.
 */
export function readInstallationKey(keyPackage: Uint8Array): Uint8Array {
  const reader = new TlsReader(keyPackage, "key package");
  if (reader.uint16() !== MLS_10) throw reader.invalid("unknown MLS version");
  reader.skip(2); // cipher suite
  reader.vector(); // init key
  reader.vector(); // encryption key
  const signatureKey = reader.vector();
  if (signatureKey.length !== INSTALLATION_KEY_BYTES) {
    throw reader.invalid(`expected a signature key of 32 bytes, got ${signatureKey.length}`);
  }
  if (reader.uint16() !== CREDENTIAL_BASIC) throw reader.invalid("expected a basic credential");
  if (reader.vector().length === 0) throw reader.invalid("empty credential");
  return signatureKey;
}

/** The TLS presentation language as MLS uses it: big-endian integers, vectors with QUIC-style lengths. */
class TlsReader {
  readonly #input: Uint8Array;
  readonly #what: string;
  #offset = 0;

  constructor(input: Uint8Array, what: string) {
    this.#input = input;
    this.#what = what;
  }

  uint8(): number {
    return this.#uint(1);
  }

  uint16(): number {
    return this.#uint(2);
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** A vector with the length in front: its two top bits say whether that takes 1, 2, or 4 bytes. */
  vector(): Uint8Array {
    const first = this.uint8();
    const lengthBytes = [1, 2, 4][first >> 6];
    if (lengthBytes === undefined) throw this.invalid("bad vector length");
    let length = first & 0x3f;
    for (let i = 1; i < lengthBytes; i++) length = length * 256 + this.uint8();
    return this.#take(length);
  }

  invalid(rule: string): Error {
    return invalidArgument(`${this.#what}: ${rule}`);
  }

  #uint(bytes: number): number {
    return this.#take(bytes).reduce((value, byte) => value * 256 + byte, 0);
  }

  #take(bytes: number): Uint8Array {
    const end = this.#offset + bytes;
    if (end > this.#input.length) throw this.invalid("ends too early");
    const taken = this.#input.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }
}
