import { createCliContext } from "channel-kit/terminal";
import { beforeEach, describe, expect, it } from "vitest";
import { convosChannel } from "./account-channel.ts";
import type { ConvosContext } from "./cli-conversations.ts";
import { leave } from "./cli-leave.ts";
import { ConvosChannelError } from "./errors.ts";
import { describeRefusal } from "./operation-refusal.ts";
import { OPERATIONS } from "./operations.ts";

const OURS = "0a".repeat(16);
const THEIRS = "0b".repeat(16);
const OTHERS = "0c".repeat(16);

let left: unknown[] = [];
let confirmed: string[] = [];
beforeEach(() => {
  left = [];
  confirmed = [];
});

function listed(id: string, isCreator: boolean) {
  return { id, memberCount: 3, isCreator, createdAtMs: 0, openInvites: 0 };
}

/** A gateway that runs the account, in a conversation of its own and in two of others. */
const answers: Record<string, (params: Record<string, unknown>) => unknown> = {
  [OPERATIONS.conversations.method]: () => ({
    conversations: [listed(OURS, true), listed(THEIRS, false), listed(OTHERS, false)],
    joins: [],
    refusedJoins: [],
    offers: [],
    ended: [],
  }),
  [OPERATIONS.leave.method]: ({ conversationId }) => {
    if (conversationId !== OURS) {
      left.push(conversationId);
      return { done: true };
    }
    const { code, message } = describeRefusal(
      Object.assign(new Error("group: no"), { code: "not_allowed" }),
    );
    return { refusal: { code, message } };
  },
};

function open(): ConvosContext {
  const cfg = { channels: { convos: { enabled: true } } };
  return {
    ...createCliContext(convosChannel, cfg, "default"),
    ask: async (method, schema, params = {}) => schema.parse(answers[method]?.(params)),
    confirm: async (_question, expected) => void confirmed.push(expected),
  };
}

describe("leaving", () => {
  it("a conversation that the agent made is refused, with the command that ends it", async () => {
    const leaving = leave(open(), OURS, {});
    await expect(leaving).rejects.toThrow(ConvosChannelError);
    await expect(leaving).rejects.toThrow(/made.*openclaw convos explode/);
  });

  it("all goes on after one that cannot be left, and says what was left and what stayed", async () => {
    const answer = await leave(open(), undefined, { all: true });
    expect(confirmed).toEqual(["LEAVE"]);
    expect(left).toEqual([THEIRS, OTHERS]);
    expect(answer.json).toMatchObject({
      left: [THEIRS, OTHERS],
      stayed: [{ conversationId: OURS, reason: expect.stringContaining("explode") }],
    });
    expect(answer.exitCode).toBe(1);
    const text = answer.lines.join("\n");
    expect(text).toMatch(new RegExp(`${OURS}: .*explode`));
    expect(text).toContain(`Left ${THEIRS}`);
  });
});
