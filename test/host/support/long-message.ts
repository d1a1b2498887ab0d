const WIRE_FORMAT_AND_ID_LENGTH = Buffer.from("0001000210", "hex");
const EPOCH_BYTES = 8;
const APPLICATION = 1;

/**
 * Whether a node is asked to keep a long message in this conversation. It sees no more of it than group id, epoch, kind and
 * size (an MLS PrivateMessage: RFC 9420, section 6.3): commits, which are long as well, are another kind.
 *
 * @param conversation - 32 hexadecimal characters.
 */
export function isLongMessage(
  request: Uint8Array,
  conversation: string,
  leastBytes: number,
): boolean {
  const bytes = Buffer.from(request);
  const head = Buffer.concat([WIRE_FORMAT_AND_ID_LENGTH, Buffer.from(conversation, "hex")]);
  const at = bytes.indexOf(head);
  return (
    at >= 0 && bytes.length >= leastBytes && bytes[at + head.length + EPOCH_BYTES] === APPLICATION
  );
}
