import type { Checkpoint } from "./crash-plugin/checkpoints.ts";

/** Where the turn of one person stands still when the gateway is killed. */
type Stop =
  /** In the plugin. */
  | { readonly kind: "checkpoint"; readonly at: Checkpoint }
  /** The model was asked and has not answered. */
  | { readonly kind: "model" }
  /** The network was given the answer, has kept it or not, and does not say so. */
  | { readonly kind: "network"; readonly applied: boolean };

/** One person, one turn, one point. */
export interface CrashCase {
  /** Part of what the person writes, so that every message and every model call says where it belongs. */
  readonly name: string;
  /** The point in words. */
  readonly point: string;
  readonly stop: Stop;
  /** The loop that takes events over waits for each: a person who stops it has an account of the bot alone. */
  readonly account?: string;
  /** The person writes again before the gateway is back. */
  readonly writesAgain?: true;
  /** Calls of the model for the first question, over both lives of the gateway. */
  readonly modelCalls: number;
  /** The one window in which the host may drop the first answer; docs/adr/0003-durability.md names it. */
  readonly mayLose?: true;
}

/** In the order in which a message and its answer pass the points. */
export const CRASH_CASES: readonly CrashCase[] = [
  {
    name: "received",
    point: "event stored by the SDK, before it is admitted",
    stop: { kind: "checkpoint", at: "received" },
    account: "stuck-before",
    modelCalls: 1,
  },
  {
    name: "admitted",
    point: "admitted, before the SDK's event is marked handled",
    stop: { kind: "checkpoint", at: "admitted" },
    account: "stuck-after",
    modelCalls: 1,
  },
  {
    name: "claimed",
    point: "claimed, before the host gets the turn",
    stop: { kind: "checkpoint", at: "claimed" },
    modelCalls: 1,
  },
  {
    name: "adopted",
    point: "adopted by the host, before the row's tombstone",
    stop: { kind: "checkpoint", at: "adopted" },
    modelCalls: 1,
  },
  {
    name: "tombstone",
    point: "tombstone written, before the model call",
    stop: { kind: "checkpoint", at: "tombstone" },
    modelCalls: 1,
  },
  {
    name: "model",
    point: "during the model call",
    stop: { kind: "model" },
    // Nothing was decided yet, so the host asks again: the one step that may run twice.
    modelCalls: 2,
  },
  {
    name: "ready",
    point: "answer ready, before the outbox commits it",
    stop: { kind: "checkpoint", at: "before_commit" },
    modelCalls: 1,
  },
  {
    name: "committed",
    point: "in the outbox, before the host is told of the send",
    stop: { kind: "checkpoint", at: "committed" },
    modelCalls: 1,
  },
  {
    name: "announced",
    point: "host told of the send, before the SDK commits it",
    stop: { kind: "checkpoint", at: "announced" },
    modelCalls: 1,
  },
  {
    name: "unposted",
    point: "committed by the SDK, before the network has it",
    stop: { kind: "network", applied: false },
    modelCalls: 1,
  },
  {
    name: "posted",
    point: "the network has it, its answer is lost",
    stop: { kind: "network", applied: true },
    modelCalls: 1,
  },
  {
    name: "sent",
    point: "sent, before the outbox notes the id",
    stop: { kind: "checkpoint", at: "sent" },
    modelCalls: 1,
  },
  {
    name: "stored",
    point: "id noted, before the host hears of it",
    stop: { kind: "checkpoint", at: "stored" },
    modelCalls: 1,
  },
  {
    name: "told",
    point: "host told of the success",
    stop: { kind: "checkpoint", at: "told" },
    modelCalls: 1,
  },
  {
    name: "settled",
    point: "host has closed the delivery",
    stop: { kind: "checkpoint", at: "settled" },
    modelCalls: 1,
  },
  {
    name: "committed-again",
    point: "in the outbox, and the person writes again",
    stop: { kind: "checkpoint", at: "committed" },
    writesAgain: true,
    modelCalls: 1,
  },
  {
    name: "sent-again",
    point: "sent, and the person writes again",
    stop: { kind: "checkpoint", at: "sent" },
    writesAgain: true,
    modelCalls: 1,
  },
  {
    name: "ready-again",
    point: "before the outbox commits, and the person writes again",
    stop: { kind: "checkpoint", at: "before_commit" },
    writesAgain: true,
    modelCalls: 1,
    mayLose: true,
  },
];

/** Under 400, from which on a channel may cut a text in two. */
const ANSWER_CHARACTERS = 390;

/** What a person writes. */
export function questionOf(name: string, count: number): string {
  return `Question ${name} ${count}, please?`;
}

/** What the scripted model says to it: long, because a network that cannot read it knows it by its size. */
export function answerOf(name: string, count: number): string {
  return `Answer ${name} ${count}.`.padEnd(ANSWER_CHARACTERS, " That is so.").trimEnd();
}

/** The last question in a text, as name and number; undefined when there is none. */
export function findQuestion(text: string): { name: string; count: number } | undefined {
  const last = [...text.matchAll(/Question ([a-z-]+) (\d+), please\?/g)].at(-1);
  return last?.[1] === undefined ? undefined : { name: last[1], count: Number(last[2]) };
}
