// Which conversation an operator means. Only ids count: a name is what its members make of it, and one of them could give
// his own conversation the name of another.
import { cleanName } from "channel-kit/cold";
import { ConvosChannelError } from "./errors.ts";
import { tryParseConversationId } from "./targets.ts";

/** So that a typing mistake meets nothing. */
const MIN_PREFIX_CHARACTERS = 4;

interface Listed {
  readonly id: string;
  readonly name?: string | undefined;
}

/**
 * @param wanted - An id, or its first characters; undefined means the only one there is.
 * @throws ConvosChannelError `command_refused`: none, or several. They are listed then.
 */
export function findConversation<TListed extends Listed>(
  conversations: readonly TListed[],
  wanted: string | undefined,
): TListed {
  const [only, ...others] =
    wanted === undefined ? conversations : matching(conversations, wanted.trim());
  if (only !== undefined && others.length === 0) return only;
  throw new ConvosChannelError("command_refused", `convos: ${explain(conversations, wanted)}`);
}

function matching<TListed extends Listed>(
  conversations: readonly TListed[],
  wanted: string,
): TListed[] {
  const whole = tryParseConversationId(wanted);
  if (whole !== undefined) return conversations.filter(({ id }) => id === whole);
  const isPrefix = wanted.length >= MIN_PREFIX_CHARACTERS && /^[0-9a-f]+$/i.test(wanted);
  return isPrefix ? conversations.filter(({ id }) => id.startsWith(wanted.toLowerCase())) : [];
}

function explain(conversations: readonly Listed[], wanted: string | undefined): string {
  if (conversations.length === 0) {
    return "the account is in no conversation. Join one: openclaw convos join; make one: openclaw convos create";
  }
  const list = conversations.map((each) => `\n  ${describeConversation(each)}`).join("");
  return wanted === undefined
    ? `which conversation? Give its id, or the first characters of it:${list}`
    : `no single conversation begins with what you gave; a name does not count. There are:${list}`;
}

/** Id and name on one line, the name without anything that a terminal would obey. */
export function describeConversation({ id, name }: Listed): string {
  const cleaned = cleanName(name ?? "");
  return cleaned === "" ? id : `${id}  "${cleaned}"`;
}
