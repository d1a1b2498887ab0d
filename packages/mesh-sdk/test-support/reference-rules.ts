import { createPublicKey, verify } from "node:crypto";
import type { VectorFrame } from "./mesh-vector-file.ts";

/**
 * What the reference's own check says: lenient about the text of a signature and about what kind of PEM a key is in. Ours is
 * not (section 1.4), so this lives here and nowhere else.
 */
export function referenceVerifies(canonical: string, signature: string, pem: string): boolean {
  try {
    return verify(
      null,
      Buffer.from(canonical),
      createPublicKey(pem),
      Buffer.from(signature, "base64"),
    );
  } catch {
    return false;
  }
}

/** Whether a message of the reference breaks a rule that we have and it has not (section 2.3). */
export function breaksOurRules(frame: VectorFrame): boolean {
  return (
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(frame.timestamp) ||
    !(Date.parse(frame.timestamp) >= 0) ||
    [frame.message_id, frame.channel_id, frame.sender_id].some((id) => id === "") ||
    frame.message_id.length > 128 ||
    frame.channel_id.length > 256 ||
    frame.sender_id.length > 128 ||
    Buffer.byteLength(frame.body) > 65_536 ||
    Buffer.byteLength(JSON.stringify(frame)) > 258_048 ||
    depthOf(frame.payload) > 32 ||
    textsIn(frame).some((text) => text.includes("\0") || !text.isWellFormed())
  );
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** All texts of a JSON value, names too. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => [name].concat(textsIn(item)));
}
