import { type ClientHttp2Session, connect } from "node:http2";
import { concatBytes } from "../codec/bytes.ts";
import { ProtobufWriter, readBytes, readFields, readVarint } from "../codec/protobuf.ts";
import { ConvosError } from "../errors.ts";

/*
 * What a node has of a group, asked of the node itself: XMTP's library passes over our own messages without a word, and
 * they are what tells whether our copy of the state is the newest (section 3.3).
 */

const PATH = "/xmtp.mls.api.v1.MlsApi/QueryGroupMessages";
const TIMEOUT_MS = 15_000;
/** A message has at most 1 MiB. */
const PAGE = 50;
const MAX_ANSWER_BYTES = PAGE * 1_100_000;
const HEAD_BYTES = 5;
const ASCENDING = 1;
const GRPC_UNAVAILABLE = 14;
const GRPC_DEADLINE = 4;

/** A message as the node has it. Nothing of it is readable without the group's keys. */
export interface NodeMessage {
  /** The node's number, which only grows within a group. */
  readonly position: bigint;
  /** The node's clock. */
  readonly sentAtNs: bigint;
  readonly data: Uint8Array;
  /** HMAC of the sender over the data: who has the sender's key knows the sender's messages by it. */
  readonly mark: Uint8Array;
}

/** Asks one node. The session lasts for as long as the questions, and no longer. */
export class NodeReader implements AsyncDisposable {
  readonly #session: ClientHttp2Session;
  readonly #signal: AbortSignal;
  #failure: Error | undefined;

  /**
   * @param url - Address of the node, `http:` or `https:`.
   * @param signal - Ends every question.
   */
  constructor(url: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#session = connect(url);
    this.#session.on("error", (error: Error) => {
      this.#failure = error;
    });
  }

  /** The next messages of a group after a position, oldest first. @throws ConvosError `network_unreachable` | `xmtp_failed`. */
  async after(groupId: string, position: bigint): Promise<NodeMessage[]> {
    const paging = new ProtobufWriter()
      .varint(1, ASCENDING)
      .varint(2, PAGE)
      .uint64(3, position)
      .finish();
    const request = new ProtobufWriter()
      .bytes(1, Buffer.from(groupId, "hex"))
      .bytes(2, paging)
      .finish();
    const answer = await this.#call(request);
    try {
      return readFields(answer).flatMap((field) =>
        field.number === 1 && field.wireType === "bytes" ? [readMessage(field.value)] : [],
      );
    } catch (cause) {
      throw new ConvosError("xmtp_failed", "ask the node: the answer has another form", { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session.closed) return;
    this.#session.close();
    this.#session.destroy();
  }

  async #call(request: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#exchange(request);
    } catch (cause) {
      if (cause instanceof ConvosError) throw cause;
      throw new ConvosError("network_unreachable", "ask the node: it cannot be reached", {
        cause: this.#failure ?? cause,
      });
    }
  }

  async #exchange(request: Uint8Array): Promise<Uint8Array> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const stream = this.#session.request(
      { ":method": "POST", ":path": PATH, "content-type": "application/grpc", te: "trailers" },
      { signal },
    );
    let status: unknown;
    let failure: Error | undefined;
    // For as long as the stream lives: it tells of its end once more after it was given up.
    stream.on("error", (error: Error) => {
      failure ??= error;
    });
    const readStatus = (headers: Readonly<Record<string, unknown>>): void => {
      status = headers["grpc-status"] ?? status;
    };
    stream.on("response", readStatus);
    stream.on("trailers", readStatus);
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
      else stream.destroy(new ConvosError("xmtp_failed", "ask the node: the answer is too long"));
    });
    const closed = new Promise<void>((resolve) => {
      stream.once("close", resolve);
    });
    const head = new Uint8Array(HEAD_BYTES);
    new DataView(head.buffer).setUint32(1, request.length);
    stream.end(concatBytes(head, request));
    await closed;
    if (failure !== undefined) throw failure;
    if (status === undefined) throw new Error("the stream ended without a status");
    if (status !== "0") throw toError(Number(status));
    const answer = concatBytes(...chunks);
    if (answer.length < HEAD_BYTES || answer[0] !== 0) {
      throw new ConvosError("xmtp_failed", "ask the node: the answer has another form");
    }
    return answer.subarray(HEAD_BYTES);
  }
}

function toError(status: number): ConvosError {
  return status === GRPC_UNAVAILABLE || status === GRPC_DEADLINE
    ? new ConvosError("network_unreachable", "ask the node: it is not available")
    : new ConvosError("xmtp_failed", `ask the node: it refused with status ${status}`);
}

// GroupMessage.V1: id 1, created_ns 2, group_id 3, data 4, sender_hmac 5.
function readMessage(message: Uint8Array): NodeMessage {
  const v1 = readFields(readBytes(readFields(message), 1) ?? new Uint8Array());
  return {
    position: readVarint(v1, 1) ?? 0n,
    sentAtNs: readVarint(v1, 2) ?? 0n,
    data: readBytes(v1, 4) ?? new Uint8Array(),
    mark: readBytes(v1, 5) ?? new Uint8Array(),
  };
}

/** MLSMessage (RFC 9420, 6): version 2 bytes, wire format 2, then a private message: group id, epoch 8, content type 1. */
const PRIVATE_MESSAGE = 2;
const CONTENT_APPLICATION = 1;
const EPOCH_BYTES = 8;

/** Whether it is something that somebody said, and not a change of the group. Pure; false for what cannot be read. */
export function isApplicationMessage(data: Uint8Array): boolean {
  const idLength = data[4];
  // Ids of XMTP have 16 bytes, so that their length is one byte.
  if (data[3] !== PRIVATE_MESSAGE || idLength === undefined || idLength > 63) return false;
  return data[5 + idLength + EPOCH_BYTES] === CONTENT_APPLICATION;
}
