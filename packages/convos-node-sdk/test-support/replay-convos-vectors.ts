import { z } from "zod";
import { emojiForConversation } from "../src/emoji/conversation-emoji.ts";
import { parseInviteText } from "../src/invite/invite-text.ts";
import { Checks } from "./checks.ts";
import { replayJsonType, replayProfileSnapshot, replayProfileUpdate } from "./content-vectors.ts";
import { convosVectorFile, type ConvosVectors } from "./convos-vector-file.ts";
import {
  replayInvite,
  replayKey,
  replayLegacyInvite,
  replayNegative,
  replayToken,
} from "./invite-vectors.ts";
import { replayMetadata, replayMetadataEdge } from "./metadata-vectors.ts";
import { replayAttestation, replayImage, replayRemoteAttachment } from "./sealing-vectors.ts";

/** What a file says about itself. */
const NOT_SECTIONS = new Set(["generatedBy", "seed", "note", "source"]);

/**
 * Replays a Convos vector file: everything that can be written is written byte for byte with the randomness of the file,
 * everything is read, and the negatives are refused.
 *
 * @param file - Parsed JSON.
 * @throws TypeError when a section does not have the form of docs/protocol/convos.md section 2, or there is none.
 */
export function replayConvosVectors(file: unknown): Checks {
  const parsed = convosVectorFile.safeParse(file);
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error));
  const vectors = parsed.data;
  const checks = new Checks();
  noteSections(vectors, checks);

  const keys = vectors.keys ?? [];
  each("keys", vectors.keys, checks, (what, vector) => replayKey(what, vector, checks));
  each("tokens", vectors.tokens, checks, (what, vector) => replayToken(what, vector, checks));
  each("invites", vectors.invites, checks, (what, vector) =>
    replayInvite(what, vector, keys, checks),
  );
  each("legacyNodeSdkInvites", vectors.legacyNodeSdkInvites, checks, (what, vector) =>
    replayLegacyInvite(what, vector, checks),
  );
  each("negatives", vectors.negatives, checks, (what, vector) =>
    replayNegative(what, vector, keys, checks),
  );
  each("urlForms", vectors.urlForms, checks, (what, { input, expectSlug }) =>
    checks.equal(what, parseInviteText(input).slug, expectSlug),
  );
  each("metadata", vectors.metadata, checks, (what, vector) =>
    replayMetadata(what, vector, checks),
  );
  each("metadataEdge", vectors.metadataEdge, checks, (what, vector) =>
    replayMetadataEdge(what, vector, checks),
  );
  each("profileUpdates", vectors.profileUpdates, checks, (what, vector) =>
    replayProfileUpdate(what, vector, checks),
  );
  each("profileSnapshots", vectors.profileSnapshots, checks, (what, vector) =>
    replayProfileSnapshot(what, vector, checks),
  );
  each("jsonTypes", vectors.jsonTypes, checks, (what, vector) =>
    replayJsonType(what, vector, checks),
  );
  each("emojis", vectors.emojis, checks, (what, { identifier, emoji }) =>
    checks.equal(what, emojiForConversation(identifier), emoji),
  );
  each("attestation", only(vectors.attestation), checks, (what, vector) =>
    replayAttestation(what, vector, checks),
  );
  each("imageEncryption", only(vectors.imageEncryption), checks, (what, vector) =>
    replayImage(what, vector, checks),
  );
  each("remoteAttachment", only(vectors.remoteAttachment), checks, (what, vector) =>
    replayRemoteAttachment(what, vector, checks),
  );
  return checks;
}

/** Says which sections of the file nothing is known about, and which known ones it does not have. */
function noteSections(vectors: ConvosVectors, checks: Checks): void {
  const known = new Set<string>(Object.keys(convosVectorFile.shape));
  const present = Object.keys(vectors);
  if (!present.some((name) => known.has(name))) throw new TypeError("no section of a vector file");
  for (const name of present) {
    if (known.has(name) || NOT_SECTIONS.has(name)) continue;
    checks.notes.push(`${name}: a section that is not known here, nothing compared`);
  }
  for (const name of known) {
    if (!present.includes(name)) checks.notes.push(`${name}: not in the file`);
  }
}

function each<T>(
  section: string,
  vectors: readonly T[] | undefined,
  checks: Checks,
  replay: (what: string, vector: T) => void,
): void {
  for (const [index, vector] of (vectors ?? []).entries()) {
    const what = `${section} #${index}`;
    checks.step(what, () => replay(what, vector));
  }
}

function only<T>(vector: T | undefined): readonly T[] | undefined {
  return vector === undefined ? undefined : [vector];
}
