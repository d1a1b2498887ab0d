import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { creator, stranger } from "../../test-support/sample-invites.ts";
import { encodeBase64Url } from "../codec/base64url.ts";
import { SecretBytes } from "../identity/secret-bytes.ts";
import { attestationFromMetadata, signAttestation, verifyAttestation } from "./attestation.ts";

const seed = new SecretBytes(new Uint8Array(32).fill(9));
const timestamp = "2031-01-01T00:00:00.000Z";
const NOW_MS = Date.parse(timestamp);
const HOUR_MS = 3_600_000;
const attestation = signAttestation(creator.inboxId, { seed, kid: "key 1", timestamp });
const key = { kid: "key 1", x: encodeBase64Url(ed25519.getPublicKey(seed.reveal())) };

describe("an attestation", () => {
  it("is valid for its inbox, at its time, by a known key", () => {
    expect(verifyAttestation(creator.inboxId, attestation, [key], NOW_MS)).toBe("valid");
  });

  it.each([
    ["another inbox", stranger.inboxId, {}, [key], NOW_MS, "bad_signature"],
    ["no such key", creator.inboxId, { kid: "key 2" }, [key], NOW_MS, "unknown_key"],
    [
      "an expired key",
      creator.inboxId,
      {},
      [{ ...key, expiresAtMs: NOW_MS - 1 }],
      NOW_MS,
      "expired_key",
    ],
    ["the next day", creator.inboxId, {}, [key], NOW_MS + 25 * HOUR_MS, "too_old"],
    ["the day before", creator.inboxId, {}, [key], NOW_MS - HOUR_MS, "in_the_future"],
    [
      "another spelling of the time",
      creator.inboxId,
      { timestamp: "2031-01-01T00:00:00Z" },
      [key],
      NOW_MS,
      "bad_signature",
    ],
    ["no time", creator.inboxId, { timestamp: "soon" }, [key], NOW_MS, "malformed"],
    ["half a signature", creator.inboxId, { signature: "AAAA" }, [key], NOW_MS, "malformed"],
    ["no base64url", creator.inboxId, { signature: "!" }, [key], NOW_MS, "malformed"],
    ["a short key", creator.inboxId, {}, [{ kid: key.kid, x: "AAAA" }], NOW_MS, "malformed"],
  ])("is not valid with %s", (_what, inboxId, change, keys, nowMs, verdict) => {
    const changed = { ...attestation, ...change };
    expect(verifyAttestation(inboxId, changed, keys, nowMs)).toBe(verdict);
  });

  it("is in a profile only when all three parts are texts", () => {
    expect(attestationFromMetadata(new Map([["attestation", "x"]]))).toBeUndefined();
    const odd = new Map<string, string | number>([
      ["attestation", 5],
      ["attestation_ts", "x"],
      ["attestation_kid", "x"],
    ]);
    expect(attestationFromMetadata(odd)).toBeUndefined();
  });

  it("needs a seed of 32 bytes", () => {
    const short = new SecretBytes(new Uint8Array(5));
    const sign = () => signAttestation(creator.inboxId, { seed: short, kid: "k", timestamp });
    expect(refusalOf(sign)).toBe("invalid_key");
  });
});
