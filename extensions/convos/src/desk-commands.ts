// What the owner says to this channel instead of to the agent: a reaction or reply to a notice of ours, or one of a few words
// with an id. Everything else he writes is for the agent, so the grammar is narrow.

export type DeskVerb =
  | "approve"
  | "everyone"
  | "refuse"
  | "remove"
  | "quiet"
  | "unquiet"
  | "invite"
  | "take"
  | "drop"
  | "status"
  | "help";

const VERBS: ReadonlyMap<string, DeskVerb> = new Map<string, DeskVerb>([
  ["approve", "approve"],
  ["allow", "approve"],
  ["yes", "approve"],
  ["ok", "approve"],
  ["everyone", "everyone"],
  ["everybody", "everyone"],
  ["all", "everyone"],
  ["no", "refuse"],
  ["refuse", "refuse"],
  ["deny", "refuse"],
  ["remove", "remove"],
  ["quiet", "quiet"],
  ["mute", "quiet"],
  ["unquiet", "unquiet"],
  ["unmute", "unquiet"],
  ["invite", "invite"],
  ["take", "take"],
  ["drop", "drop"],
  ["status", "status"],
  ["help", "help"],
]);

/** `ids` are beginnings of inbox or conversation ids; `numbers` are lines of the notice that is answered, from 1. */
export interface DeskCommand {
  readonly verb: DeskVerb;
  readonly ids: readonly string[];
  readonly numbers: readonly number[];
}

/** These need nothing to be about. */
const ALONE: ReadonlySet<DeskVerb> = new Set(["status", "help"]);

/** Without a notice, these need an id; `refuse` has no meaning then. */
const WITH_ID: ReadonlySet<DeskVerb> = new Set([
  "approve",
  "everyone",
  "remove",
  "quiet",
  "unquiet",
  "invite",
  "take",
  "drop",
]);

/** Shorter than the ids that we show, no word would be safe. */
const ID = /^[0-9a-f]{6,64}$/;
const NUMBER = /^\d{1,2}$/;
const MAX_WORDS = 25;

const EMOJIS: ReadonlyMap<string, DeskVerb> = new Map<string, DeskVerb>([
  ["👍", "approve"],
  ["✅", "everyone"],
  ["👥", "everyone"],
  ["👎", "refuse"],
]);

/** @returns What a reaction to a notice decides; undefined for one that decides nothing. Skin tones do not matter. */
export function readVerdict(emoji: string): DeskVerb | undefined {
  return EMOJIS.get(emoji.replaceAll(/\p{Emoji_Modifier}|\uFE0F/gu, ""));
}

/**
 * Reads a message of the owner.
 *
 * @param options.name - The agent's name, which may stand in front.
 * @param options.answersNotice - It is a reply to one of our notices, so it need not say whom it is about.
 * @returns Undefined when the message is for the agent.
 */
export function tryParseCommand(
  text: string,
  options: { readonly name: string; readonly answersNotice: boolean },
): DeskCommand | undefined {
  const [first, ...rest] = splitWords(withoutName(text, options.name));
  const verb = first === undefined ? undefined : VERBS.get(first);
  if (verb === undefined || rest.length > MAX_WORDS) return undefined;
  const numbers = rest.filter((word) => NUMBER.test(word)).map(Number);
  const ids = rest.filter((word) => !NUMBER.test(word) && ID.test(word));
  // One word that is neither: it is a sentence.
  if (numbers.length + ids.length !== rest.length) return undefined;
  if (ALONE.has(verb)) return rest.length === 0 ? { verb, ids, numbers } : undefined;
  if (options.answersNotice) return { verb, ids, numbers };
  return WITH_ID.has(verb) && ids.length > 0 && numbers.length === 0
    ? { verb, ids, numbers }
    : undefined;
}

/** "OpenClaw, status" is "status". */
function withoutName(text: string, name: string): string {
  const trimmed = text.trim().replace(/^@/u, "");
  const isCalled = trimmed.toLowerCase().startsWith(name.trim().toLowerCase());
  return isCalled ? trimmed.slice(name.trim().length) : text;
}

function splitWords(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s,;:.!()]+/u)
    .filter((word) => word !== "");
}
