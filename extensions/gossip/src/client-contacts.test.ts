import { GossipError, userIdFromBytes, type ContactSummary } from "gossip-sdk";
import { describe, expect, it } from "vitest";
import { createContactReview, queueBody, type ContactVerdict } from "./client-contacts.ts";

const PEER = userIdFromBytes(new Uint8Array(32).fill(1));
const ID = new Uint8Array(12);

function contact(fields: Partial<ContactSummary> = {}): ContactSummary {
  return {
    peer: PEER,
    accepted: true,
    trusted: false,
    session: "active",
    createdAtMs: 0,
    lastInboundAtMs: 0,
    unsettled: 0,
    ...fields,
  };
}

async function review(summary: ContactSummary, verdict: ContactVerdict): Promise<string[]> {
  const done: string[] = [];
  const client = {
    contacts: () => [summary],
    acceptContact: async (_peer: string, options?: { trusted?: boolean }) => {
      done.push(`accepted, trusted ${options?.trusted}`);
    },
    setTrusted: () => {
      done.push("trusted");
    },
  };
  await createContactReview(client, () => Promise.resolve(verdict))();
  return done;
}

describe("the review of contacts", () => {
  it.each<[string, ContactSummary, ContactVerdict, string[]]>([
    ["keeps somebody who talks and was allowed since", contact(), "trusted", ["trusted"]],
    ["leaves a stranger who talks", contact(), "accepted", []],
    ["leaves whom it kept before", contact({ trusted: true }), "trusted", []],
    ["accepts who waited", contact({ accepted: false }), "accepted", ["accepted, trusted false"]],
    ["leaves who is not wanted", contact({ accepted: false }), "rejected", []],
  ])("%s", async (_what, summary, verdict, done) => {
    await expect(review(summary, verdict)).resolves.toEqual(done);
  });

  it("judges those who talk once a minute, those who wait each time", async () => {
    const judged: string[] = [];
    let nowMs = 0;
    let contacts = [contact()];
    const run = createContactReview(
      { contacts: () => contacts, acceptContact: async () => {}, setTrusted: () => {} },
      async (userId) => {
        judged.push(userId);
        return "rejected";
      },
      () => nowMs,
    );
    await run();
    await run();
    expect(judged).toHaveLength(1);
    nowMs += 60_000;
    await run();
    expect(judged).toHaveLength(2);
    contacts = [contact({ accepted: false })];
    await run();
    await run();
    expect(judged).toHaveLength(4);
  });
});

async function queue(
  purpose: "message" | "pairing" | "stranger",
  code: "unknown_peer" | "no_session",
) {
  const steps: string[] = [];
  const client = {
    send: async () => {
      steps.push("send");
      if (steps.length === 1) throw new GossipError(code, "none");
      return { messageId: ID, status: "ready" as const };
    },
    requestContact: async () => {
      steps.push("request");
    },
    acceptContact: async (_peer: string, options?: { trusted?: boolean }) => {
      steps.push(`accept, trusted ${options?.trusted}`);
    },
  };
  await queueBody(client, { purpose, to: PEER, text: "hi" }, ID);
  return steps;
}

describe("a text to somebody without a conversation", () => {
  it("is our wish to talk", async () => {
    await expect(queue("message", "unknown_peer")).resolves.toEqual(["send", "request", "send"]);
    await expect(queue("message", "no_session")).resolves.toContain("accept, trusted true");
  });

  it.each(["pairing", "stranger"] as const)("is none when it is for a %s", async (purpose) => {
    await expect(queue(purpose, "no_session")).resolves.toContain("accept, trusted false");
    await expect(queue(purpose, "unknown_peer")).rejects.toMatchObject({ code: "unknown_peer" });
  });
});
