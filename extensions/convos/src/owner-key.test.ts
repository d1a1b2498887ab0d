import { ConvosError, keyFromHex } from "convos-node-sdk";
import { SecretText } from "channel-kit/cold";
import { expect, it } from "vitest";
import { explainOwnerKey, readOwnerKey } from "./owner-key.ts";
import { shortenId } from "./targets.ts";

const HEX = "07".repeat(32);
const OTHER_INBOX = "ab".repeat(32);

const accountWith = (hex: string) =>
  ({ accountId: "team", ownerKey: { kind: "configured", words: new SecretText(hex) } }) as const;

it("reads a key, and says what is wrong with it by where it stands, never by what it is", () => {
  expect(readOwnerKey(accountWith(`0x${HEX}`))?.inboxId).toBe(keyFromHex(HEX).inboxId);
  expect(readOwnerKey({ accountId: "team", ownerKey: { kind: "generated" } })).toBeUndefined();
  expect(() => readOwnerKey({ accountId: "team", ownerKey: { kind: "unavailable" } })).toThrow(
    "channels.convos.accounts.team.privateKey is configured, but",
  );
  expect(() => readOwnerKey(accountWith("canary"))).toThrow(
    /64 hexadecimal characters(?!.*canary)/,
  );
});

it("names both inboxes and the way back when a conversation has another one, or the key is gone", () => {
  const mismatch = new ConvosError("owner_key_mismatch", "x", { inboxId: OTHER_INBOX });
  const given = shortenId(keyFromHex(HEX).inboxId);
  expect(explainOwnerKey(mismatch, accountWith(HEX))).toMatchObject({
    code: "identity_mismatch",
    message: expect.stringMatching(
      new RegExp(
        `team\\.privateKey opens inbox ${given}, but .* has inbox ababab.*openclaw gateway restart`,
      ),
    ),
  });
  expect(
    explainOwnerKey(mismatch, { accountId: "default", ownerKey: { kind: "generated" } }),
  ).toMatchObject({
    code: "identity_mismatch",
    message: expect.stringContaining("convos.privateKey is gone, but"),
  });
  const other = new ConvosError("locked", "x");
  expect(explainOwnerKey(other, accountWith(HEX))).toBe(other);
});
