import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { meet, native, person, send } from "../../test-support/people.ts";
import { toHex, utf8Bytes } from "../codec/bytes.ts";
import { createPortableProvider } from "../crypto/portable.ts";
import { SecretBytes } from "../crypto/secret-bytes.ts";
import { identityFromMnemonic, identityFromRoot } from "./identity.ts";

const MNEMONIC = `${"abandon ".repeat(11)}about`;
const USER_ID = "gossip1ywzkutgadznd0509tsl4gs4xjvsudhzgjuxc46ytngvq0lacx5es2xyz5s";

describe("identities", () => {
  it("have the frozen user id of their words, however the words are spaced", async () => {
    const identity = await identityFromMnemonic(`  ${MNEMONIC.toUpperCase()} `, native);
    expect(identity.userId).toBe(USER_ID);
  });

  it("do not block the event loop while they are derived", async () => {
    let turns = 0;
    const counter = setInterval(() => turns++, 1);
    await identityFromMnemonic(MNEMONIC, native);
    clearInterval(counter);
    expect(turns).toBeGreaterThan(5);
  });

  it("refuse words with a wrong checksum", async () => {
    await expect(identityFromMnemonic("abandon ".repeat(12), native)).rejects.toMatchObject({
      code: "invalid_mnemonic",
    });
  });

  it("are the same with both providers", () => {
    const root = new Uint8Array(32).fill(5);
    const ours = identityFromRoot(root, native);
    const theirs = identityFromRoot(root, createPortableProvider());
    expect(theirs.publicKeys).toEqual(ours.publicKeys);
    expect(theirs.storageKey.reveal()).toEqual(ours.storageKey.reveal());
  });

  it("leave the root secret of the caller as it was", () => {
    const root = new Uint8Array(32).fill(5);
    identityFromRoot(root, native);
    expect(root).toEqual(new Uint8Array(32).fill(5));
  });
});

describe("secrets", () => {
  const identity = person(1);
  const { alice } = meet(identity, person(2));
  send(alice, utf8Bytes("hello"));

  it("are never shown by what holds them", () => {
    const secrets = [...secretsIn(identity), ...secretsIn(alice.session)].map((s) => s.reveal());
    // Identity: 4 keys and the storage key. Session: seeds, chain keys and seeker keys of both sides.
    expect(secrets.length).toBeGreaterThan(12);
    const depth = { depth: Infinity, showHidden: true, maxArrayLength: Infinity };
    const shown = [identity, alice.session, identity.secrets, identity.storageKey]
      .flatMap((holder) => [
        JSON.stringify(holder),
        inspect(holder, depth),
        inspect(holder, { ...depth, getters: true }),
        // What an unguarded log line would print.
        // oxlint-disable-next-line typescript/no-base-to-string
        String(holder),
      ])
      .join("\n");
    for (const secret of secrets) {
      for (const trace of tracesOf(secret)) expect(shown).not.toMatch(trace);
      // The search itself must find what is shown.
      expect(tracesOf(secret).some((trace) => trace.test(inspect(secret)))).toBe(true);
    }
    expect(shown).toContain("[redacted]");
  });

  it("are not among the fields of their holder", () => {
    expect(Object.entries(identity.storageKey)).toEqual([]);
    expect(Object.getOwnPropertyNames(identity.storageKey)).toEqual([]);
  });

  it("are copied in, and wiped at their origin when they are taken over", () => {
    const bytes = new Uint8Array(4).fill(7);
    const copied = new SecretBytes(bytes);
    const consumed = SecretBytes.consume(bytes);
    expect(bytes).toEqual(new Uint8Array(4));
    expect([copied.reveal(), consumed.reveal()]).toEqual([
      new Uint8Array(4).fill(7),
      new Uint8Array(4).fill(7),
    ]);
  });
});

function secretsIn(value: unknown): SecretBytes[] {
  if (value instanceof SecretBytes) return [value];
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap(secretsIn);
}

/** How six bytes of a secret in a row would look in a text: as hex, as base64, or as numbers between anything. */
function tracesOf(secret: Uint8Array): RegExp[] {
  const start = secret.subarray(0, 6);
  const base64 = Buffer.from(start)
    .toString("base64")
    .replaceAll(/[+/]/gu, String.raw`\$&`);
  return [
    new RegExp(toHex(start), "iu"),
    new RegExp(base64, "u"),
    new RegExp([...start].join(String.raw`\D+`), "u"),
  ];
}
