import { ed25519, ed25519ph } from "@noble/curves/ed25519.js";
import {
  type IdentityUpdate,
  type Member,
  readIdentityUpdate,
} from "../src/identity/identity-update.ts";
import { signatureText } from "../src/identity/signature-text.ts";
import { FieldWriter } from "../src/wire/fields.ts";
import { createWallet } from "./wallet.ts";

/** Somebody who can sign: a wallet or an installation. */
export interface Author {
  readonly member: Member;
  /** The encoded Signature message under a text. */
  sign(text: string): Uint8Array;
}

/** @param seed - Another byte, another wallet. */
export function walletOf(seed: number): Author & { readonly address: string } {
  const wallet = createWallet(new Uint8Array(32).fill(seed));
  const { address } = wallet;
  return {
    address,
    member: { kind: "address", address },
    sign(text) {
      const signature = new FieldWriter().bytes(1, wallet.sign(text)).finish();
      return new FieldWriter().present(1, signature).finish();
    },
  };
}

/** @param seed - Another byte, another installation. */
export function installationOf(seed: number, context = "IDENTITY UPDATE SIGNATURE"): Author {
  const privateKey = new Uint8Array(32).fill(seed);
  const publicKey = ed25519.getPublicKey(privateKey);
  return {
    member: { kind: "installation", publicKey },
    sign(text) {
      const options = { context: Buffer.from(context) };
      const signature = ed25519ph.sign(Buffer.from(text), privateKey, options);
      const encoded = new FieldWriter().bytes(1, signature).bytes(2, publicKey).finish();
      return new FieldWriter().present(3, encoded).finish();
    },
  };
}

/** An action that is still to be signed, by the authors who sign it. */
type Draft =
  | {
      readonly kind: "create";
      readonly owner: string;
      readonly nonce?: bigint;
      readonly by: Author;
    }
  | { readonly kind: "add"; readonly member: Member; readonly by: Author; readonly with: Author }
  | { readonly kind: "revoke"; readonly member: Member; readonly by: Author }
  | { readonly kind: "recover"; readonly address: string; readonly by: Author };

export interface DraftUpdate {
  readonly inboxId: string;
  readonly actions: readonly Draft[];
  /** Makes the text, and so the signatures, differ from those of another update. Seconds since 1970. */
  readonly seconds?: number;
}

/** Lets everybody sign, and encodes the update as a client sends it. */
export function encodeUpdate(draft: DraftUpdate): Uint8Array {
  // The text says what is signed and by nobody: a first round with empty signatures yields it.
  const unsigned = readIdentityUpdate(encodeWith(draft, () => EMPTY_SIGNATURE));
  const text = signatureText(unsigned);
  return encodeWith(draft, (author) => author.sign(text));
}

/** As {@link encodeUpdate}, and read again. */
export function signUpdate(draft: DraftUpdate): IdentityUpdate {
  return readIdentityUpdate(encodeUpdate(draft));
}

const EMPTY_SIGNATURE = new FieldWriter().present(1, new Uint8Array(0)).finish();

function encodeWith(
  { inboxId, actions, seconds = 1_700_000_000 }: DraftUpdate,
  sign: (author: Author) => Uint8Array,
): Uint8Array {
  return new FieldWriter()
    .repeated(
      1,
      actions.map((action) => encodeAction(action, sign)),
    )
    .uint64(2, BigInt(seconds) * 1_000_000_000n)
    .text(3, inboxId)
    .finish();
}

function encodeAction(action: Draft, sign: (author: Author) => Uint8Array): Uint8Array {
  const writer = new FieldWriter();
  const signature = sign(action.by);
  switch (action.kind) {
    case "create":
      writer
        .text(1, action.owner)
        .uint64(2, action.nonce ?? 1n)
        .present(3, signature)
        .uint32(4, 1);
      return new FieldWriter().present(1, writer.finish()).finish();
    case "add":
      writer.present(1, encodeMember(action.member)).present(2, signature);
      writer.present(3, sign(action.with));
      return new FieldWriter().present(2, writer.finish()).finish();
    case "revoke":
      writer.present(1, encodeMember(action.member)).present(2, signature);
      return new FieldWriter().present(3, writer.finish()).finish();
    case "recover":
      break;
  }
  writer.text(1, action.address).present(2, signature).uint32(3, 1);
  return new FieldWriter().present(4, writer.finish()).finish();
}

function encodeMember(member: Member): Uint8Array {
  return member.kind === "address"
    ? new FieldWriter().text(1, member.address).finish()
    : new FieldWriter().present(2, member.publicKey).finish();
}
