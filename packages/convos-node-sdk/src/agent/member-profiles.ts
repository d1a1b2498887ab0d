import type { DecodedMessage, Group } from "@xmtp/node-sdk";
import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import {
  PROFILE_SCAN_MESSAGES,
  ProfileCollector,
  type ProfileMessage,
  type ResolvedProfile,
} from "../profile/resolve-profiles.ts";
import { newestMessages } from "../receive/newest-messages.ts";
import { DIRECTION } from "../xmtp/enums.ts";
import { holds, profileSnapshotCodec, profileUpdateCodec } from "./codecs.ts";

/** How the members of a group show themselves, by inbox id, read through the codecs of an agent's client. */
export async function loadAgentProfiles(group: Group): Promise<Map<string, ResolvedProfile>> {
  const [members, { creatorInboxId }] = await Promise.all([group.members(), group.metadata()]);
  const collector = new ProfileCollector(
    [creatorInboxId, group.addedByInboxId],
    new Set(members.map(({ inboxId }) => inboxId)),
  );
  const load = (page: { limit: number; beforeNs?: bigint }): Promise<DecodedMessage[]> =>
    group.messages({
      limit: page.limit,
      direction: DIRECTION.descending,
      ...(page.beforeNs !== undefined && { sentBeforeNs: page.beforeNs }),
    });
  for await (const message of newestMessages(load, PROFILE_SCAN_MESSAGES)) {
    const said = tryReadProfile(message);
    if (said !== undefined) collector.add(said);
  }
  return collector.resolve(tryDecodeMetadata(group.appData)?.profiles);
}

function tryReadProfile(message: DecodedMessage): ProfileMessage | undefined {
  const { senderInboxId } = message;
  if (holds(message, profileUpdateCodec)) {
    return { type: "update", senderInboxId, profile: message.content };
  }
  if (holds(message, profileSnapshotCodec)) {
    return { type: "snapshot", senderInboxId, profiles: message.content };
  }
  return undefined;
}
