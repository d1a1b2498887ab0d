import type { DecodedMessage, Group } from "@xmtp/node-sdk";
import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import {
  PROFILE_SCAN_MESSAGES,
  type ProfileMessage,
  type ResolvedProfile,
  resolveProfiles,
} from "../profile/resolve-profiles.ts";
import { DIRECTION } from "../xmtp/enums.ts";
import { holds, profileSnapshotCodec, profileUpdateCodec } from "./codecs.ts";

/** How the members of a group show themselves, by inbox id, read through the codecs of an agent's client. */
export async function loadAgentProfiles(group: Group): Promise<Map<string, ResolvedProfile>> {
  const messages = await group.messages({
    limit: PROFILE_SCAN_MESSAGES,
    direction: DIRECTION.descending,
  });
  const said = messages.flatMap((message) => tryReadProfile(message) ?? []);
  return resolveProfiles(said, tryDecodeMetadata(group.appData)?.profiles);
}

function tryReadProfile(message: DecodedMessage): ProfileMessage | undefined {
  if (holds(message, profileUpdateCodec)) {
    return { type: "update", senderInboxId: message.senderInboxId, profile: message.content };
  }
  if (holds(message, profileSnapshotCodec)) return { type: "snapshot", profiles: message.content };
  return undefined;
}
