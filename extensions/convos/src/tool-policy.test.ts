import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { DENIED_TO_OTHERS } from "channel-kit";
import { resolveToolPolicy } from "./tool-policy.ts";

const ROOM = "0a".repeat(16);
const OWNER = "a1".repeat(32);
const CHILD = "b2".repeat(32);
const GUEST = "c3".repeat(32);

function policyOf(
  senderId: string | undefined,
  groups: object = {},
  senderPolicyMode?: "always" | "never",
) {
  const cfg: OpenClawConfig = {
    commands: { ownerAllowFrom: [`convos:${OWNER}`] },
    channels: { convos: { groups } },
  };
  return resolveToolPolicy({
    cfg,
    groupId: ROOM,
    accountId: "default",
    senderId: senderId ?? null,
    ...(senderPolicyMode === undefined ? {} : { senderPolicyMode }),
  });
}

describe("tools of a turn in a conversation", () => {
  it("are all for the owner, and only harmless ones for others and for nobody in particular", () => {
    expect(policyOf(OWNER)).toBeUndefined();
    expect(policyOf(GUEST)).toEqual({ deny: DENIED_TO_OTHERS });
    expect(policyOf(undefined)).toEqual({ deny: DENIED_TO_OTHERS });
  });

  it("go by the operator's rules where he wrote some, the person's first", () => {
    const groups = {
      "*": { toolsBySender: { "*": { deny: ["exec"] } } },
      [ROOM]: {
        tools: { allow: ["message"] },
        toolsBySender: { [`id:${CHILD}`]: { alsoAllow: ["web_search"] } },
      },
    };
    expect(policyOf(CHILD, groups)).toEqual({ alsoAllow: ["web_search"] });
    expect(policyOf(GUEST, groups)).toEqual({ allow: ["message"] });
    expect(policyOf(GUEST, { "*": groups["*"] })).toEqual({ deny: ["exec"] });
    expect(policyOf(GUEST, { "*": { toolsBySender: { "*": {} } } })).toEqual({});
  });

  it("of a scheduled run are not decided by who is in the conversation, but by its base rules", () => {
    const groups = { "*": { tools: { deny: ["exec"] }, toolsBySender: { "*": { deny: ["*"] } } } };
    expect(policyOf(GUEST, groups, "never")).toEqual({ deny: ["exec"] });
    expect(policyOf(GUEST, {}, "never")).toBeUndefined();
  });
});
