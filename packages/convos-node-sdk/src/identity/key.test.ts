import { inspect } from "node:util";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { creator } from "../../test-support/sample-invites.ts";
import { utf8Bytes } from "../codec/bytes.ts";
import { inboxIdOf } from "./inbox-id.ts";
import { addressOf, keyFromHex, publicKeyOf, signPersonalMessage } from "./key.ts";

// The first account of the mnemonic "test test … junk", which every Ethereum developer's node opens.
const HEX = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const ADDRESS = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

describe("a key", () => {
  it.each([HEX, `0x${HEX}`, ` 0X${HEX.toUpperCase()}\n`])("is read from %j", (text) => {
    const key = keyFromHex(text);
    expect(key.address).toBe(ADDRESS);
    expect(key.inboxId).toBe(inboxIdOf(ADDRESS));
  });

  it.each([
    ["too short", HEX.slice(2)],
    ["too long", `${HEX}00`],
    ["not hexadecimal", HEX.replace("a", "g")],
    ["zero", "0".repeat(64)],
    ["the order of the group", "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"],
    ["empty", ""],
  ])("is refused when it is %s, and never quoted", (_what, text) => {
    expect(refusalOf(() => keyFromHex(text))).toBe("invalid_key");
    expect(() => keyFromHex(text)).not.toThrow(text.length > 8 ? text.slice(0, 8) : "\0");
  });

  it("is never printed", () => {
    const key = keyFromHex(HEX);
    for (const text of [inspect(key, { depth: 9, showHidden: true }), JSON.stringify(key)]) {
      expect(text).toContain("[redacted]");
      expect(text).not.toContain("ac0974");
      expect(text).not.toContain("172, 9, 116");
    }
  });

  it("signs a text as a wallet does", () => {
    const text = "XMTP : Authenticate to inbox ✓";
    const signature = signPersonalMessage(creator.privateKey, text);
    expect(signature).toHaveLength(65);
    expect(signature[64]).toBeOneOf([27, 28]);
    const bytes = utf8Bytes(text);
    const signed = utf8Bytes(`\u0019Ethereum Signed Message:\n${bytes.length}${text}`);
    const isValid = secp256k1.verify(
      signature.subarray(0, 64),
      keccak_256(signed),
      publicKeyOf(creator.privateKey),
      { prehash: false },
    );
    expect(isValid).toBe(true);
    expect(addressOf(publicKeyOf(creator.privateKey))).toBe(creator.address);
  });
});

describe("an inbox id", () => {
  it("is the same for every spelling of the address, and another for another nonce", () => {
    const spelled = `0x${ADDRESS.slice(2).toUpperCase()}`;
    expect(inboxIdOf(spelled)).toBe(inboxIdOf(ADDRESS, 1n));
    expect(inboxIdOf(ADDRESS, 2n)).not.toBe(inboxIdOf(ADDRESS));
  });

  it.each(["", "0x12", ADDRESS.slice(2), `${ADDRESS}0`])("is refused for %j", (text) => {
    expect(refusalOf(() => inboxIdOf(text))).toBe("invalid_input");
  });
});
