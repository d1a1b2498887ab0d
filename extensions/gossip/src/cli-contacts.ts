// `openclaw gossip contacts`: who may write, and closing the door on a phone that was lost.
import { rewriteContact, withdrawApproval, type ApprovedSenders } from "channel-access";
import { mutateConfigFile } from "openclaw/plugin-sdk/config-mutation";
import { admitReplacement } from "./admit-replacement.ts";
import { listGossipAccountIds, resolveGossipAccount } from "./accounts.ts";
import type { CliAnswer } from "channel-kit/terminal";
import type { GossipContext } from "./account-channel.ts";
import { tryParseContact } from "./client-invite.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { GossipChannelError, toStartError } from "./errors.ts";
import { describeIdle, listKnownContacts } from "./known-contacts.ts";
import { ForgottenAnswerSchema, OPERATOR_METHODS } from "./operator-methods.ts";
import { getGossipRuntime } from "./runtime.ts";
import { forgetInStoppedAccount } from "./stopped-account.ts";
import { tryParseGossipId } from "./targets.ts";

/** Who may write to the account, and where that is written; those too whom the policy keeps out, marked so. */
export async function showContacts(
  context: GossipContext,
  approvals: ApprovedSenders = approvedSenders(),
): Promise<CliAnswer> {
  const { accountId, dmPolicy } = context.account;
  const contacts = await listKnownContacts(context, approvals);
  const isOpen = dmPolicy === "open";
  const hasNobody = !isOpen && !contacts.some(({ isLetIn }) => isLetIn);
  return {
    json: { accountId, dmPolicy, contacts },
    lines: [
      `Gossip ${accountId}: ${isOpen ? "everybody may write (dmPolicy open)" : `policy ${dmPolicy}`}`,
      ...contacts.map((contact) => {
        const idle = describeIdle(contact, dmPolicy);
        const places = contact.sources.join(", ");
        return `${contact.senderId}  ${places}${idle === undefined ? "" : ` (${idle})`}`;
      }),
      ...(hasNobody ? ["Nobody is let in yet."] : []),
    ],
  };
}

/** Closes access of one id in every account: approvals, allowlists, access groups; and takes its rights from it. */
export async function removeContact(
  context: GossipContext,
  text: string,
  approved: ApprovedSenders = approvedSenders(),
): Promise<CliAnswer> {
  const senderId = parseContact(text);
  const { accounts, paths } = await rewriteEverywhere(context, { senderId, store: approved });
  const found = paths.length + accounts.length > 0;
  const openAccounts = listOpenAccounts(context);
  const isOut = openAccounts.length === 0;
  const ended = await endConversations(context, senderId);
  return {
    json: {
      senderId,
      removed: found,
      configPaths: paths,
      approvalsWithdrawn: accounts,
      openAccounts,
      ...ended,
    },
    lines: [
      describeRemoval(senderId, found, isOut),
      ...(found ? describeChanges(paths, accounts) : []),
      ...openAccounts.map((accountId) => describeOpenDoor(accountId)),
      ...describeEnded(ended),
    ],
    exitCode: found && isOut ? 0 : 1,
  };
}

/** A new phone: its id gets what the old one had, and the old one nothing. */
export async function replaceContact(
  context: GossipContext,
  oldText: string,
  newText: string,
  approvals: ApprovedSenders = approvedSenders(),
): Promise<CliAnswer> {
  const oldId = parseContact(oldText);
  const newId = parseContact(newText);
  if (oldId === newId) {
    throw new GossipChannelError("command_refused", "gossip: the two ids are the same.");
  }
  const { accounts, admitting, paths } = await rewriteEverywhere(context, {
    senderId: oldId,
    replacement: newId,
    store: approvals,
  });
  const isGiven = paths.length + admitting.length > 0;
  const ended = await endConversations(context, oldId);
  return {
    json: {
      oldId,
      newId,
      replaced: isGiven,
      configPaths: paths,
      approvalsWithdrawn: accounts,
      ...ended,
    },
    lines: [
      isGiven
        ? `${newId} stands where ${oldId} stood.`
        : `${oldId} had no access, so nothing was given to the new id.`,
      ...(isGiven || accounts.length > 0 ? describeChanges(paths, accounts) : []),
      ...describeEnded(ended),
    ],
    exitCode: isGiven ? 0 : 1,
  };
}

interface Rewritten {
  /** Accounts whose approval of the old id was withdrawn. */
  readonly accounts: readonly string[];
  /** Those of them whose policy is pairing: the approval let somebody in. */
  readonly admitting: readonly string[];
  readonly paths: readonly string[];
}

async function rewriteEverywhere(
  { cfg }: GossipContext,
  request: {
    readonly senderId: string;
    readonly replacement?: string;
    readonly store: ApprovedSenders;
  },
): Promise<Rewritten> {
  const { replacement, senderId, store } = request;
  const options = { channelId: CHANNEL_ID, senderId, normalize: tryParseGossipId };
  // The door first, the name on the list of owners with it; approvals are another file.
  const accountIds = listGossipAccountIds(cfg);
  const admitting: string[] = [];
  for (const accountId of accountIds) {
    // Under another policy an approval lies idle: who had no access by it has none to pass on.
    if (resolveGossipAccount(cfg, accountId).dmPolicy !== "pairing") continue;
    const entries = await store.readAllowFromStore({ channel: CHANNEL_ID, accountId });
    if (entries.some((entry) => tryParseGossipId(entry) === senderId)) admitting.push(accountId);
  }
  let paths: string[] = [];
  const isListed =
    rewriteContact(structuredClone(cfg), { ...options }).length > 0 ||
    (replacement !== undefined && admitting.length > 0);
  if (isListed) {
    await mutateConfigFile({
      afterWrite: { mode: "auto" },
      mutate: (draft) => {
        paths = rewriteContact(draft, {
          ...options,
          ...(replacement === undefined ? {} : { replacement }),
        });
        if (replacement !== undefined)
          paths.push(...admitReplacement(draft, admitting, replacement));
      },
    });
  }
  const accounts = await withdrawApproval(store, { ...options, accountIds });
  return { accounts, admitting, paths };
}

interface EndedConversations {
  readonly conversationsEnded: readonly string[];
  /** Accounts in which the conversation could not be ended, with the reason. */
  readonly notEnded: readonly { readonly accountId: string; readonly reason: string }[];
}

/** Access is closed by then, whatever becomes of this. */
async function endConversations(context: GossipContext, id: string): Promise<EndedConversations> {
  const { cfg, stateDir } = context;
  const conversationsEnded: string[] = [];
  const notEnded: { accountId: string; reason: string }[] = [];
  for (const accountId of listGossipAccountIds(cfg)) {
    try {
      const answer = await context.ask(OPERATOR_METHODS.forgetPerson, ForgottenAnswerSchema, {
        accountId,
        id,
      });
      const account = resolveGossipAccount(cfg, accountId);
      const isEnded =
        answer?.forgotten ?? (await forgetInStoppedAccount({ account, stateDir }, id));
      if (isEnded) conversationsEnded.push(accountId);
    } catch (error) {
      notEnded.push({ accountId, reason: toStartError(error).message });
    }
  }
  return { conversationsEnded, notEnded };
}

function describeEnded({ conversationsEnded, notEnded }: EndedConversations): string[] {
  return [
    ...conversationsEnded.map((accountId) => `Conversation ended: account ${accountId}`),
    ...notEnded.map(
      ({ accountId, reason }) =>
        `The conversation of account ${accountId} was not ended (${reason}). Try again once that is mended.`,
    ),
  ];
}

function approvedSenders(): ApprovedSenders {
  return getGossipRuntime().channel.pairing;
}

function parseContact(text: string): string {
  const id = tryParseContact(text);
  if (id !== undefined) return id;
  throw new GossipChannelError(
    "invalid_target",
    "gossip: not a user id or invite link; expected gossip1 and 58 more characters. See: openclaw gossip contacts",
  );
}

function describeChanges(paths: readonly string[], accounts: readonly string[]): string[] {
  return [
    ...paths.map((path) => `Changed: ${path}`),
    ...accounts.map((accountId) => `Approval withdrawn: account ${accountId}`),
    "A running gateway follows within seconds; nothing has to be restarted.",
  ];
}

function describeRemoval(senderId: string, found: boolean, isOut: boolean): string {
  if (found) return `${senderId} ${isOut ? "has no access any more." : "is on no list any more."}`;
  return isOut
    ? `${senderId} had no access. See who has: openclaw gossip contacts`
    : `${senderId} was on no list.`;
}

/** Accounts that everybody may write to: a removed person too. */
function listOpenAccounts({ cfg }: Pick<GossipContext, "cfg">): string[] {
  return listGossipAccountIds(cfg).filter((accountId) => {
    const { configured, dmPolicy, enabled } = resolveGossipAccount(cfg, accountId);
    return configured && enabled && dmPolicy === "open";
  });
}

function describeOpenDoor(accountId: string): string {
  const path = `channels.${CHANNEL_ID}${accountId === "default" ? "" : `.accounts.${accountId}`}`;
  return (
    `But account ${accountId} is open to everybody. Close it: remove "*" from ${path}.allowFrom ` +
    `and set ${path}.dmPolicy to pairing, e.g. with: openclaw channels add ${CHANNEL_ID}`
  );
}
