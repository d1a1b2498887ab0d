import { parseList, verifyList } from "../../packages/mesh-sdk/src/bootstrap/list.ts";
import { parsePrekey } from "../../packages/mesh-sdk/src/direct/prekey.ts";
import { encodeFrame } from "../../packages/mesh-sdk/src/frame/encode-frame.ts";
import { isFields } from "../../packages/mesh-sdk/src/frame/fields.ts";
import { parseFrame } from "../../packages/mesh-sdk/src/frame/parse-frame.ts";
import {
  checkLinkProof,
  makeLinkProof,
} from "../../packages/mesh-sdk/src/link-proof/link-proof.ts";
import { checkMessage } from "../../packages/mesh-sdk/src/message/check-message.ts";
import type { MeshMessage } from "../../packages/mesh-sdk/src/message/message.ts";
import { flips } from "./flips.ts";
import type { Invariant } from "./invariant.ts";
import { createMeshFixture, type MeshFixture, NOW_MS } from "./mesh-fixtures.ts";

/** No bit of a signed thing may be flipped and the thing still be believed. */
export function meshInvariants(): Invariant[] {
  const fixture = createMeshFixture();
  const { own, foreign } = fixture;
  return [
    // A flip in the name of the signature takes it away. What is left is the next sample: genuine, by its proof inside.
    messageFlips("message of ours", own, (message) => message.signature !== undefined),
    messageFlips("message of ours without its outer signature", { ...own, signature: undefined }),
    messageFlips("message of the reference", foreign),
    prekeyFlips(fixture),
    listFlips(fixture),
    linkFlips(fixture),
  ];
}

function messageFlips(
  name: string,
  sample: MeshMessage,
  counts: (message: MeshMessage) => boolean = () => true,
): Invariant {
  const frame = bytesOf(encodeFrame({ type: "message", message: sample }));
  return flips(`${name}, every bit flipped`, frame, (bytes) =>
    isBelieved(() => {
      const read = parseFrame(textOf(bytes));
      if (read?.type !== "message" || !counts(read.message)) return false;
      return checkMessage(read.message, { nowMs: NOW_MS, by: "sync" }).verdict === "verified";
    }),
  );
}

function prekeyFlips({ prekey }: MeshFixture): Invariant {
  return flips("prekey, every bit flipped", bytesOf(JSON.stringify(prekey)), (bytes) =>
    isBelieved(() => {
      const fields: unknown = JSON.parse(textOf(bytes));
      return isFields(fields) && parsePrekey(fields, NOW_MS).version > 0;
    }),
  );
}

function listFlips({ list, sender }: MeshFixture): Invariant {
  // Without the white space of the file: it may change as it likes.
  const compact = bytesOf(JSON.stringify(JSON.parse(list)));
  const options = { signerId: sender.peerId, known: undefined, nowMs: NOW_MS };
  return flips("bootstrap list, every bit flipped", compact, (bytes) =>
    isBelieved(() => verifyList(parseList(textOf(bytes)), options) !== ""),
  );
}

function linkFlips({ sender, receiver }: MeshFixture): Invariant {
  const facts = {
    dialerId: sender.peerId,
    acceptorId: receiver.peerId,
    dialerNonce: "A".repeat(43),
    acceptorNonce: "E".repeat(43),
    host: "two.example:5000",
  };
  const proof = Buffer.from(makeLinkProof(sender, "dialer", facts), "base64");
  return flips("proof of a link, every bit flipped", new Uint8Array(proof), (bytes) =>
    checkLinkProof(Buffer.from(bytes).toString("base64"), "dialer", facts),
  );
}

function isBelieved(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}
