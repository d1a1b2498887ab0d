import { GrpcStatus, invalidArgument } from "./status.ts";

const HEADER_BYTES = 5;

/** One gRPC message on the wire: a byte that says "not compressed", the length, the message. */
export function encodeFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEADER_BYTES);
  return frame;
}

/**
 * Reads the one message that a request of ours has.
 *
 * @param maxBytes - What is announced longer is refused before it arrives.
 * @throws {@link GrpcStatus} `INVALID_ARGUMENT` | `RESOURCE_EXHAUSTED` | `UNIMPLEMENTED`.
 */
export async function readRequest(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > HEADER_BYTES + maxBytes) {
      throw new GrpcStatus("RESOURCE_EXHAUSTED", `request: longer than ${maxBytes} bytes`);
    }
  }
  return decodeFrame(Buffer.concat(chunks));
}

function decodeFrame(body: Buffer): Uint8Array {
  if (body.length < HEADER_BYTES) throw invalidArgument("request: no message");
  if (body.readUInt8(0) !== 0) {
    throw new GrpcStatus("UNIMPLEMENTED", "request: compression is not supported");
  }
  if (body.readUInt32BE(1) !== body.length - HEADER_BYTES) {
    throw invalidArgument("request: expected exactly one message");
  }
  return body.subarray(HEADER_BYTES);
}
