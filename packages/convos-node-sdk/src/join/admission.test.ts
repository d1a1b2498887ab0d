import { afterEach, expect, it } from "vitest";
import { openClientOnDisk } from "../../test-support/client-on-disk.ts";
import { encodeJoinRequest } from "../content/join-request.ts";
import { ConvosError } from "../errors.ts";
import { createInvite } from "../invite/invite.ts";
import { encodeMetadata } from "../metadata/conversation-metadata.ts";
import { Serial } from "../pacing/serial.ts";
import type { XmtpDirect, XmtpGroup } from "../xmtp/port.ts";
import { Admission } from "./admission.ts";

/** Ten thousand are the heavier run. */
const CROWD = Number(process.env["CONVOS_CROWD"] ?? 300);
const CAP = 20;
const GROUP_ID = "ab".repeat(16);

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

it("lets a crowd with one leaked invite in by the hour only, asks the network for few, and revokes once", async () => {
  const door = openDoor();
  const directs = Array.from({ length: CROWD }, (_, index) => door.direct(`joiner ${index}`));
  let turns = 1;
  while (await door.admission.process(directs, door.group)) turns += 1;
  expect(door.members).toHaveLength(CAP);
  expect(door.groupSyncs).toBe(CAP);
  expect(door.answers).toBe(CAP);
  expect(door.revocations).toBe(1);
  expect(door.eventTypes().filter((type) => type === "joins_waiting")).toHaveLength(1);
  expect(door.logged).toEqual([
    "join requests wait: too many people joined within the hour",
    "far more people asked to join than may within the hour: the invites were revoked",
  ]);
  // The conversation had its turn in between.
  expect(turns).toBeGreaterThan(1);
  door.passHours(2);
  while (await door.admission.process(directs, door.group)) turns += 1;
  expect(door.members).toHaveLength(CAP);
  expect(door.revocations).toBe(1);
  // Everybody has been told, and there is nothing left to look at.
  expect(door.answers).toBe(CROWD);
  const looks = door.looks;
  expect(await door.admission.process(directs, door.group)).toBe(false);
  expect(door.looks).toBe(looks);
}, 120_000);

it("lets nobody who was taken out back in by the single-use invite that he came with", async () => {
  const door = openDoor({ singleUse: true });
  await door.admission.process([door.direct("mallory")], door.group);
  expect(door.members).toEqual(["mallory"]);
  door.members.length = 0;
  const again = door.direct("mallory", "mallory: again");
  expect(await door.admission.process([again], door.group)).toBe(false);
  expect(door.members).toEqual([]);
});

it("answers the others when one direct conversation fails each time", async () => {
  const door = openDoor();
  const broken: XmtpDirect = {
    ...door.direct("broken"),
    messages: () => Promise.reject(new ConvosError("xmtp_failed", "test: cannot be read")),
  };
  await door.admission.process([broken, door.direct("sound")], door.group);
  expect(door.members).toEqual(["sound"]);
  const cut: XmtpDirect = {
    ...door.direct("cut"),
    messages: () => Promise.reject(new ConvosError("network_unreachable", "test: cut")),
  };
  await expect(door.admission.process([cut], door.group)).rejects.toMatchObject({
    code: "network_unreachable",
  });
});

const unused = (): Promise<never> => Promise.reject(new Error("test: not expected"));

/** The creator's side of one conversation on a real store, and a network that only counts. */
function openDoor({ singleUse = false } = {}) {
  let nowMs = 1_800_000_000_000;
  let ticks = 0;
  let tag = "leaked-tag";
  const client = openClientOnDisk({
    // Time passes as things are done.
    clock: { now: () => nowMs + (ticks += 1) },
    groupId: GROUP_ID,
    tag,
    isCreator: true,
    admissionsPerHour: CAP,
  });
  cleanups.push(() => client.close());
  const { context, conversation: id, eventTypes, logged } = client;
  const key = context.keyAt(0);
  const door = {
    members: [] as string[],
    groupSyncs: 0,
    answers: 0,
    looks: 0,
    revocations: 0,
    logged,
  };
  const { slug } = createInvite({
    privateKey: key.privateKey,
    creatorInboxId: key.inboxId,
    conversationId: GROUP_ID,
    tag,
    ...(singleUse && { expiresAfterUse: true }),
  });
  const request = encodeJoinRequest({ inviteSlug: slug });
  const conversation = {
    sync: unused,
    setConsent: () => {},
    countMessages: unused,
    countOwn: unused,
    countUnacknowledged: unused,
    ownTraffic: unused,
    prepare: () => "answer",
    publish: () => {
      door.answers += 1;
      return Promise.resolve();
    },
  };
  const group: XmtpGroup = {
    ...conversation,
    id: GROUP_ID,
    createdAtMs: nowMs,
    sync: () => {
      door.groupSyncs += 1;
      return Promise.resolve();
    },
    consent: () => "allowed",
    messages: unused,
    isActive: () => true,
    isOutOfSync: unused,
    creator: () => Promise.resolve(key.inboxId),
    addedBy: () => key.inboxId,
    name: () => "",
    description: () => "",
    appData: () => encodeMetadata({ tag, profiles: [] }),
    updateName: unused,
    updateDescription: unused,
    updateAppData: unused,
    addMember: (inboxId) => {
      door.members.push(inboxId);
      return Promise.resolve();
    },
    removeMembers: unused,
    setAddingAllowed: unused,
    members: () =>
      Promise.resolve(
        door.members.map((inboxId) => ({ inboxId, role: "member" as const, installationIds: [] })),
      ),
    leave: unused,
  };
  const direct = (peerInboxId: string, messageId = `${peerInboxId}: request`): XmtpDirect => ({
    ...conversation,
    id: peerInboxId,
    peerInboxId,
    newestMessageId: messageId,
    consent: () => "unknown",
    messages: () => {
      door.looks += 1;
      const sentAtNs = BigInt(nowMs) * 1_000_000n;
      return Promise.resolve([
        { ...request, id: messageId, senderInboxId: peerInboxId, sentAtNs, fallback: slug },
      ]);
    },
  });
  const admission = new Admission({
    context,
    conversation: id,
    key,
    commits: new Serial(),
    welcome: () => Promise.resolve(),
    revokeInvites: () => {
      door.revocations += 1;
      tag = "new-tag";
      return Promise.resolve();
    },
  });
  const passHours = (hours: number): void => {
    nowMs += hours * 3_600_000;
  };
  return Object.assign(door, { admission, group, direct, passHours, eventTypes });
}
