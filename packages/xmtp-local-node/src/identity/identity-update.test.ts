import { describe, expect, it } from "vitest";
import { FieldWriter } from "../wire/fields.ts";
import { encodeUpdate, walletOf } from "../../test-support/identity-author.ts";
import { readIdentityUpdate } from "./identity-update.ts";
import { inboxIdOf } from "./inbox-state.ts";
import { signatureText } from "./signature-text.ts";

const owner = walletOf(1);
const inboxId = inboxIdOf(owner.address, 1n);

describe("reading an identity update", () => {
  const good = encodeUpdate({
    inboxId,
    actions: [{ kind: "create", owner: owner.address, by: owner }],
  });

  it("fails with a status, never otherwise, wherever the bytes end", () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => readIdentityUpdate(good.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
  });

  it.each([
    ["no actions", new FieldWriter().text(3, inboxId)],
    ["a bad inbox id", new FieldWriter().present(1, createBy(owner.address)).text(3, "abc")],
    ["a bad address", new FieldWriter().present(1, createBy("0x12")).text(3, inboxId)],
    ["an unknown action", new FieldWriter().present(1, new Uint8Array()).text(3, inboxId)],
    ["no signature", new FieldWriter().present(1, createBy(owner.address)).text(3, inboxId)],
  ])("refuses one with %s", (_what, writer) => {
    expect(() => readIdentityUpdate(writer.finish())).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});

describe("the text that is signed", () => {
  it("says each action in words, and the time in whole seconds", () => {
    const publicKey = Buffer.alloc(32, 0xab);
    const installation = { kind: "installation", publicKey } as const;
    const signature = { kind: "unsupported", what: "nobody" } as const;
    const { member } = owner;
    const signatures = { existingMemberSignature: signature, newMemberSignature: signature };
    const text = signatureText({
      inboxId,
      clientTimestampNs: 1_795_224_982_999_999_999n,
      actions: [
        { kind: "create_inbox", owner: member, nonce: 1n, signature },
        { kind: "add", member: installation, ...signatures },
        { kind: "add", member, ...signatures },
        { kind: "revoke", member: installation, signature },
        { kind: "revoke", member, signature },
        { kind: "change_recovery", recovery: member, signature },
      ],
    });
    expect(text.split("\n")).toEqual([
      "XMTP : Authenticate to inbox",
      "",
      `Inbox ID: ${inboxId}`,
      "Current time: 2026-11-21T01:36:22Z",
      "",
      "- Create inbox",
      `  (Owner: ${owner.address})`,
      "- Grant messaging access to app",
      `  (ID: ${"ab".repeat(32)})`,
      "- Link address to inbox",
      `  (Address: ${owner.address})`,
      "- Revoke messaging access from app",
      `  (ID: ${"ab".repeat(32)})`,
      "- Unlink address from inbox",
      `  (Address: ${owner.address})`,
      "- Change inbox recovery address",
      `  (Address: ${owner.address})`,
      "",
      "For more info: https://xmtp.org/signatures",
    ]);
  });
});

/** An action without a signature. */
function createBy(identifier: string): Uint8Array {
  return new FieldWriter().present(1, new FieldWriter().text(1, identifier).finish()).finish();
}
