import { inspect } from "node:util";
import { HDKey } from "@scure/bip32";
import { mnemonicToSeedSync } from "@scure/bip39";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { toHex } from "../codec/bytes.ts";
import { generateMnemonic, isMnemonicWord, normalizeMnemonic } from "./mnemonic.ts";
import { rootFromMnemonic } from "./root.ts";

const WORDS = "test test test test test test test test test test test junk";

it("a word of the list is known in any case, and nothing else is", () => {
  expect(["abandon", " ZOO "].map(isMnemonicWord)).toEqual([true, true]);
  expect(["abadon", "", "constructor"].map(isMnemonicWord)).toEqual([false, false, false]);
});

describe("the root of a mnemonic", () => {
  it("gives conversation 0 the address that every wallet gives these words", () => {
    const { address } = rootFromMnemonic(WORDS).conversationKey(0);
    expect(address).toBe("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
  });

  it("derives each conversation's key with a hardened step of its own", () => {
    const wallet = HDKey.fromMasterSeed(mnemonicToSeedSync(WORDS));
    const root = rootFromMnemonic(WORDS);
    for (const index of [0, 1, 7, 2 ** 31 - 1]) {
      const expected = wallet.derive(`m/44'/60'/${index}'/0/0`).privateKey ?? new Uint8Array();
      expect(toHex(root.conversationKey(index).privateKey.reveal())).toBe(toHex(expected));
    }
  });

  it("gives the same key each time it is asked", () => {
    const root = rootFromMnemonic(WORDS);
    const first = toHex(root.conversationKey(3).privateKey.reveal());
    expect(toHex(root.conversationKey(3).privateKey.reveal())).toBe(first);
  });

  it("shares no value between 200 conversations", () => {
    const root = rootFromMnemonic(WORDS);
    const values = Array.from({ length: 200 }, (_, index) => {
      const key = root.conversationKey(index);
      return [toHex(key.privateKey.reveal()), key.address, key.inboxId];
    }).flat();
    expect(new Set(values).size).toBe(600);
  });

  it("is one whatever the spacing and letter case of the words", () => {
    const untidy = rootFromMnemonic(`\n ${WORDS.toUpperCase().replaceAll(" ", "  ")} `);
    expect(untidy.fingerprint).toBe(rootFromMnemonic(WORDS).fingerprint);
  });

  it("has a fingerprint and a storage key that other words do not have", () => {
    const [mine, other] = [WORDS, generateMnemonic()].map(rootFromMnemonic);
    expect(mine?.fingerprint).toMatch(/^[0-9a-f]{16}$/u);
    expect(mine?.fingerprint).not.toBe(other?.fingerprint);
    expect(mine?.storageKey().reveal()).toHaveLength(32);
    expect(mine?.storageKey().reveal()).not.toEqual(other?.storageKey().reveal());
  });

  it.each([-1, 0.5, 2 ** 31, Number.NaN])("refuses index %d", (index) => {
    expect(refusalOf(() => rootFromMnemonic(WORDS).conversationKey(index))).toBe("invalid_input");
  });

  it("is never printed", () => {
    const root = rootFromMnemonic(WORDS);
    const secret = toHex(root.conversationKey(0).privateKey.reveal());
    const shown = [inspect(root, { depth: 9, showHidden: true }), JSON.stringify(root)];
    for (const text of shown) {
      expect(text).not.toContain(secret);
      expect(text).not.toMatch(/test|junk|xprv|privateKey|chainCode/u);
    }
  });
});

describe("mnemonics", () => {
  it.each([12, 15, 18, 21, 24] as const)("of %d words are made and taken", (count) => {
    const words = generateMnemonic(count);
    expect(words.split(" ")).toHaveLength(count);
    expect(normalizeMnemonic(words)).toBe(words);
  });

  it.each([
    ["too few words", WORDS.slice(5)],
    ["a wrong checksum", WORDS.replace("junk", "test")],
    ["a word that is none", WORDS.replace("junk", "jank")],
    ["a letter of another script", WORDS.replace("junk", "ｊunk")],
    ["nothing", ""],
    ["too much", "test ".repeat(1000)],
  ])("are refused with %s, and never quoted", (_what, words) => {
    expect(refusalOf(() => rootFromMnemonic(words))).toBe("invalid_mnemonic");
    expect(() => rootFromMnemonic(words)).not.toThrow("test");
  });
});
