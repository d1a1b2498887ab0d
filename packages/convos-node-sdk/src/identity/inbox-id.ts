import { createHash } from "node:crypto";
import { ConvosError } from "../errors.ts";

const ADDRESS = /^0x[0-9a-f]{40}$/iu;

/**
 * The id of the XMTP inbox that an address opens: SHA-256 of the lower-case address and the nonce in decimal, as 64
 * hexadecimal characters (section 1.1).
 *
 * @param address - `0x` and 40 hexadecimal characters, in any case.
 * @param nonce - 1 for the inbox that every SDK opens first.
 * @throws ConvosError `invalid_input` for anything that is not an address.
 */
export function inboxIdOf(address: string, nonce = 1n): string {
  if (!ADDRESS.test(address)) throw new ConvosError("invalid_input", "address: not 0x and 40 hex");
  return createHash("sha256").update(`${address.toLowerCase()}${nonce}`).digest("hex");
}
