// What an operator sees of conversations and does with them, from a command line.
import { cleanName, settingPath } from "channel-kit/cold";
import {
  createCliContext,
  writeConfig,
  type CliAnswer,
  type CliContext,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { setQuiet } from "./conversation-rules.ts";
import { ConvosChannelError } from "./errors.ts";
import { describeExpiry, parseExpiry } from "./expiry.ts";
import { describeConversation, findConversation } from "./find-conversation.ts";
import { operate } from "./operate.ts";
import { OPERATIONS, type AnswerOf } from "./operations.ts";
import { describeEnding, describeIfOver } from "./owner-conversation.ts";

export type ConvosContext = CliContext<ResolvedConvosAccount>;
type Listing = AnswerOf<typeof OPERATIONS.conversations>;
type Listed = Listing["conversations"][number];

export async function showConversations(context: ConvosContext): Promise<CliAnswer> {
  const listed = await operate(context, OPERATIONS.conversations, {});
  const { conversations, joins, offers, refusedJoins } = listed;
  const over = describeIfOver(context.account, listed);
  return {
    json: { accountId: context.account.accountId, ...listed },
    lines: [
      ...(conversations.length === 0 ? ["In no conversation yet."] : []),
      ...conversations.map((each) => describeListed(each, context.account)),
      ...joins.map(({ joinId, name, requestedAtMs }) => {
        const title = cleanName(name ?? "") === "" ? "" : ` "${cleanName(name ?? "")}"`;
        return `${joinId}${title}  asked ${formatTime(requestedAtMs)}, waits for its creator's app; no longer: openclaw convos join cancel ${joinId}`;
      }),
      ...refusedJoins.map((each) => describeRefusedJoin(each)),
      ...offers.map((offer) => describeOffer(offer)),
      ...(over === undefined ? [] : [over]),
    ],
  };
}

/** What the group says of itself can be made up; who put the agent into it may be known. */
export function describeOffer(offer: Listing["offers"][number]): string {
  const { addedBy, id, memberCount } = offer;
  return (
    `${describeConversation(offer)}  ${memberCount} members, came up after the restore, by ${addedBy}. Is it the lost one? ` +
    `openclaw convos restore confirm ${id}, or refuse ${id}`
  );
}

export function describeRefusedJoin({
  name = "",
  reason,
  refusedAtMs,
}: Listing["refusedJoins"][number]): string {
  const title = cleanName(name) === "" ? "" : ` of "${cleanName(name)}"`;
  return (
    `join${title} refused ${formatTime(refusedAtMs)}: ${reason}. ` +
    "Ask for a new invite, then: openclaw convos join --invite-file FILE"
  );
}

export async function settleOffer(
  context: ConvosContext,
  wanted: string,
  isOurs: boolean,
): Promise<CliAnswer> {
  const { offers } = await operate(context, OPERATIONS.conversations, {});
  const offer = findConversation(offers, wanted);
  await operate(context, OPERATIONS.settleOffer, { conversationId: offer.id, isOurs });
  return {
    json: { conversationId: offer.id, isOurs },
    lines: [
      isOurs
        ? `${describeConversation(offer)} is the agent's again.`
        : `${describeConversation(offer)} is none of the agent's.`,
    ],
  };
}

/** For `openclaw channels login`: where the agent is, and how it and people get into conversations. */
export async function printWaysIn(
  cfg: OpenClawConfig,
  accountId: string | null | undefined,
  print: (line: string) => void,
): Promise<void> {
  const context = createCliContext(convosChannel, cfg, accountId ?? undefined);
  const { lines } = await showConversations(context);
  const next = [
    "The agent joins by an invite: openclaw convos join --invite-file FILE",
    "People join one that it made: openclaw convos create, then openclaw convos invite",
  ];
  for (const line of [...lines, ...next]) print(line);
}

function describeListed(each: Listed, { ownerConversationId }: ResolvedConvosAccount): string {
  const { explodesAtMs, id, isCreator, memberCount, openInvites } = each;
  const facts = [
    `${memberCount} ${memberCount === 1 ? "member" : "members"}`,
    ...(id === ownerConversationId ? ["the owner's"] : []),
    ...(isCreator ? ["made by the agent"] : []),
    ...(openInvites === 0 ? [] : [`${openInvites} invites out`]),
    ...(explodesAtMs === undefined ? [] : [`ends ${formatTime(explodesAtMs)}`]),
  ];
  return `${describeConversation(each)}  ${facts.join(", ")}`;
}

export async function showMembers(
  context: ConvosContext,
  wanted: string | undefined,
): Promise<CliAnswer> {
  const { id } = await choose(context, wanted);
  const { members } = await operate(context, OPERATIONS.members, { conversationId: id });
  return {
    json: { conversationId: id, members },
    lines: members.map(({ inboxId, isAgent, isUs, name, role }) => {
      const title = cleanName(name ?? "");
      const facts = [
        ...(isUs ? ["this agent"] : isAgent ? ["an agent"] : []),
        ...(role === "member" ? [] : [role.replaceAll("_", " ")]),
      ];
      return [inboxId, ...(title === "" ? [] : [`"${title}"`]), facts.join(", ")]
        .filter((part) => part !== "")
        .join("  ");
    }),
  };
}

export async function create(
  context: ConvosContext,
  { name = context.account.name }: { readonly name?: string },
): Promise<CliAnswer> {
  const { conversationId } = await operate(context, OPERATIONS.create, { name });
  return {
    json: { accountId: context.account.accountId, conversationId },
    lines: [
      `Made ${describeConversation({ id: conversationId, name })}. Nobody else is in it yet.`,
      `Invite people: openclaw convos invite --conversation ${conversationId}`,
    ],
  };
}

export async function setLocked(
  context: ConvosContext,
  wanted: string | undefined,
  isLocked: boolean,
): Promise<CliAnswer> {
  const found = await choose(context, wanted);
  await operate(context, OPERATIONS.setLocked, { conversationId: found.id, isLocked });
  const title = describeConversation(found);
  return {
    json: { conversationId: found.id, isLocked },
    lines: [
      isLocked
        ? `Locked ${title}: its invites have ended, and nobody can add anybody. Again: openclaw convos unlock ${found.id}`
        : `Unlocked ${title}. Earlier invites stay dead: openclaw convos invite --conversation ${found.id}`,
    ],
  };
}

/** A quiet conversation is heard by nobody, like one that is switched off: `groups.<id>.enabled`. */
export async function quiet(
  context: ConvosContext,
  wanted: string | undefined,
  isQuiet: boolean,
): Promise<CliAnswer> {
  const { account } = context;
  const found = await choose(context, wanted);
  if (isQuiet && found.id === account.ownerConversationId) {
    throw new ConvosChannelError(
      "command_refused",
      "convos: not in the owner conversation: the agent would hear nobody who could end that. " +
        `To switch the account off: openclaw config set ${settingPath(CHANNEL_ID, account.accountId, "enabled")} false`,
    );
  }
  await writeConfig((current) => setQuiet(current, account.accountId, found.id, isQuiet));
  return {
    json: { conversationId: found.id, isQuiet },
    lines: [
      isQuiet
        ? `Quiet in ${describeConversation(found)}: nobody is heard there. Again: openclaw convos unquiet ${found.id}`
        : `The agent hears ${describeConversation(found)} again.`,
    ],
  };
}

export async function explode(
  context: ConvosContext,
  wanted: string | undefined,
  { in: delay }: { readonly in?: string },
): Promise<CliAnswer> {
  const atMs = delay === undefined ? undefined : parseExpiry(delay, context.now());
  if (delay !== undefined && atMs === undefined) {
    throw new ConvosChannelError("command_refused", "convos: never is no time to end at");
  }
  const found = await choose(context, wanted);
  await context.confirm(
    `This ends ${describeConversation(found)} for all ${found.memberCount} members` +
      `${atMs === undefined ? " now" : ` (${describeExpiry(atMs)})`}, and deletes it here. Nothing brings it back.`,
    found.id,
  );
  const when = atMs === undefined ? {} : { atMs };
  await operate(context, OPERATIONS.explode, { conversationId: found.id, ...when });
  return {
    json: { conversationId: found.id, ...when },
    lines: [
      atMs === undefined
        ? `Ended ${found.id} for everybody, and deleted it here.`
        : `${found.id} ${describeExpiry(atMs)}, for everybody, and is deleted here then.`,
      ...describeEnding(context.account, [found.id], atMs === undefined ? "now" : "then"),
    ],
  };
}

export async function cancelJoin(context: ConvosContext, joinId: string): Promise<CliAnswer> {
  await operate(context, OPERATIONS.cancelJoin, { joinId });
  return { json: { joinId }, lines: [`${joinId} is not waited for any longer.`] };
}

/** The conversation that an operator names, or the only one. @throws ConvosChannelError `command_refused`. */
export async function choose(context: ConvosContext, wanted: string | undefined): Promise<Listed> {
  const { conversations } = await operate(context, OPERATIONS.conversations, {});
  return findConversation(conversations, wanted);
}

function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
