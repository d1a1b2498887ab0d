import { describe, expect, it } from "vitest";
import {
  type AdmissionFacts,
  type InviteFacts,
  judgeAdmission,
  judgeInvite,
} from "./judge-join-request.ts";

const NOW_MS = 1_800_000_000_000;
const PAST = NOW_MS / 1000 - 1;

const good: InviteFacts = {
  payload: {
    token: Uint8Array.of(1),
    creatorInboxId: "ours",
    tag: "tag",
    expiresAfterUse: false,
  },
  ownInboxId: "ours",
  nowMs: NOW_MS,
  isSignedByUs: true,
  tokenConversationId: "group",
  ownConversationId: "group",
};
const open: AdmissionFacts = {
  inviteTag: "tag",
  currentTag: "tag",
  isTagRevoked: false,
  isMember: false,
  isGroupDenied: false,
  isHandledElsewhere: false,
  spentBy: undefined,
  hasLetIn: false,
  joinerInboxId: "joiner",
  admissionsInLastHour: 0,
  admissionsPerHour: 20,
};

describe("an invite in a join request", () => {
  it.each<[string, Partial<InviteFacts>, object]>([
    ["is ours and good", {}, { verdict: "go_on" }],
    [
      "has expired, even if it is forged",
      { payload: { ...good.payload, expiresAtUnix: PAST }, isSignedByUs: false },
      { verdict: "ignore" },
    ],
    [
      "names another creator, even if it is forged",
      { payload: { ...good.payload, creatorInboxId: "other" }, isSignedByUs: false },
      { verdict: "ignore" },
    ],
    ["is forged", { isSignedByUs: false }, { verdict: "block" }],
    [
      "is forged and its conversation has ended: nobody makes us answer",
      {
        payload: { ...good.payload, conversationExpiresAtUnix: PAST },
        isSignedByUs: false,
      },
      { verdict: "block" },
    ],
    [
      "leads to a conversation that has ended",
      { payload: { ...good.payload, conversationExpiresAtUnix: PAST } },
      { verdict: "error", errorType: "conversation_expired" },
    ],
    [
      "has a token that does not open",
      { tokenConversationId: undefined },
      { verdict: "error", errorType: "conversation_not_found" },
    ],
    [
      "leads to another group",
      { tokenConversationId: "another" },
      { verdict: "error", errorType: "conversation_not_found" },
    ],
  ])("%s", (_name, change, expected) => {
    expect(judgeInvite({ ...good, ...change })).toEqual(expected);
  });
});

describe("an admission", () => {
  it.each<[string, Partial<AdmissionFacts>, object]>([
    ["goes ahead", {}, { verdict: "admit" }],
    [
      "to a group that we denied is refused, whoever asks",
      { isGroupDenied: true, isMember: true },
      { verdict: "error", errorType: "consent_not_allowed" },
    ],
    [
      "that another device has done is left alone",
      { isHandledElsewhere: true },
      { verdict: "ignore" },
    ],
    [
      "of a member is done, also when the invite was revoked since",
      { isMember: true, currentTag: "new" },
      { verdict: "already_in" },
    ],
    [
      "by a revoked invite is refused",
      { currentTag: "new" },
      { verdict: "error", errorType: "conversation_expired", reason: "the invite was revoked" },
    ],
    [
      "by a revoked invite whose tag a member wrote back is refused",
      { isTagRevoked: true },
      { verdict: "error", errorType: "conversation_expired", reason: "the invite was revoked" },
    ],
    [
      "to a group whose tag cannot be read is refused",
      { currentTag: undefined },
      { verdict: "error", errorType: "conversation_expired", reason: "the invite was revoked" },
    ],
    [
      "by an invite that somebody else used up is refused",
      { spentBy: "other" },
      { verdict: "error", errorType: "conversation_expired", reason: "the invite was used" },
    ],
    [
      "by an invite that let the same person in before is refused",
      { spentBy: "joiner", hasLetIn: true },
      { verdict: "error", errorType: "conversation_expired", reason: "the invite was used" },
    ],
    ["goes on where a kill cut it short", { spentBy: "joiner" }, { verdict: "admit" }],
    ["waits when there were too many", { admissionsInLastHour: 20 }, { verdict: "wait" }],
  ])("%s", (_name, change, expected) => {
    expect(judgeAdmission({ ...open, ...change })).toEqual(expected);
  });
});
