import { z } from "zod";
import { Checks } from "sdk-kit/vectors";
import { emojiForConversation } from "../src/emoji/conversation-emoji.ts";
import { parseInviteText } from "../src/invite/invite-text.ts";
import { replayJsonType, replayProfileSnapshot, replayProfileUpdate } from "./content-vectors.ts";
import { convosVectorFile } from "./convos-vector-file.ts";
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
  checks.noteSections(vectors, Object.keys(convosVectorFile.shape), NOT_SECTIONS);

  const keys = vectors.keys ?? [];
  checks.each("keys", vectors.keys, (what, vector) => replayKey(what, vector, checks));
  checks.each("tokens", vectors.tokens, (what, vector) => replayToken(what, vector, checks));
  checks.each("invites", vectors.invites, (what, vector) =>
    replayInvite(what, vector, keys, checks),
  );
  checks.each("legacyNodeSdkInvites", vectors.legacyNodeSdkInvites, (what, vector) =>
    replayLegacyInvite(what, vector, checks),
  );
  checks.each("negatives", vectors.negatives, (what, vector) =>
    replayNegative(what, vector, keys, checks),
  );
  checks.each("urlForms", vectors.urlForms, (what, { input, expectSlug }) =>
    checks.equal(what, parseInviteText(input).slug, expectSlug),
  );
  checks.each("metadata", vectors.metadata, (what, vector) => replayMetadata(what, vector, checks));
  checks.each("metadataEdge", vectors.metadataEdge, (what, vector) =>
    replayMetadataEdge(what, vector, checks),
  );
  checks.each("profileUpdates", vectors.profileUpdates, (what, vector) =>
    replayProfileUpdate(what, vector, checks),
  );
  checks.each("profileSnapshots", vectors.profileSnapshots, (what, vector) =>
    replayProfileSnapshot(what, vector, checks),
  );
  checks.each("jsonTypes", vectors.jsonTypes, (what, vector) =>
    replayJsonType(what, vector, checks),
  );
  checks.each("emojis", vectors.emojis, (what, { identifier, emoji }) =>
    checks.equal(what, emojiForConversation(identifier), emoji),
  );
  checks.each("attestation", only(vectors.attestation), (what, vector) =>
    replayAttestation(what, vector, checks),
  );
  checks.each("imageEncryption", only(vectors.imageEncryption), (what, vector) =>
    replayImage(what, vector, checks),
  );
  checks.each("remoteAttachment", only(vectors.remoteAttachment), (what, vector) =>
    replayRemoteAttachment(what, vector, checks),
  );
  return checks;
}

function only<T>(vector: T | undefined): readonly T[] | undefined {
  return vector === undefined ? undefined : [vector];
}
