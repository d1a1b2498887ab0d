// `openclaw gossip contacts`: who may write, and closing the door on a phone that was lost.
import {
  listContacts,
  listGroupMembers,
  rewriteContact,
  withdrawApproval,
  type ApprovedSenders,
} from "channel-access";
import { mutateConfigFile } from "openclaw/plugin-sdk/config-mutation";
import { admitReplacement } from "./admit-replacement.ts";
import { listGossipAccountIds, resolveGossipAccount } from "./accounts.ts";
import type { CliAnswer } from "channel-kit/terminal";
import type { GossipContext } from "./account-channel.ts";
import { tryParseContact } from "./client-invite.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { GossipChannelError, toStartError } from "./errors.ts";
import { ForgottenAnswerSchema, OPERATOR_METHODS } from "./operator-methods.ts";
import { getGossipRuntime } from "./runtime.ts";
import { forgetInStoppedAccount } from "./stopped-account.ts";
import { tryParseGossipId } from "./targets.ts";

/** Everybody who may write to the account, and where that is written. */
export async function showContacts({ account, cfg }: GossipContext): Promise<CliAnswer> {
  const { accountId, allowFrom, dmPolicy } = account;
  const approved = await approvedSenders().readAllowFromStore({ channel: CHANNEL_ID, accountId });
  const owners = (cfg.commands?.ownerAllowFrom ?? []).map(String);
  const groupMembers = listGroupMembers(cfg, CHANNEL_ID, allowFrom);
  const contacts = listContacts({ allowFrom, groupMembers, approved, owners }, tryParseGossipId);
  const isOpen = dmPolicy === "open";
  return {
    json: { accountId, dmPolicy, contacts },
    lines: [
      `Gossip ${accountId}: ${isOpen ? "everybody may write (dmPolicy open)" : `policy ${dmPolicy}`}`,
      ...contacts.map(({ senderId, sources }) => `${senderId}  ${sources.join(", ")}`),
      ...(contacts.length === 0 && !isOpen ? ["Nobody is let in yet."] : []),
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
): Promise<CliAnswer> {
  const oldId = parseContact(oldText);
  const newId = parseContact(newText);
  if (oldId === newId) {
    throw new GossipChannelError("command_refused", "gossip: the two ids are the same.");
  }
  const { accounts, paths } = await rewriteEverywhere(context, {
    senderId: oldId,
    replacement: newId,
    store: approvedSenders(),
  });
  const found = paths.length + accounts.length > 0;
  const ended = await endConversations(context, oldId);
  return {
    json: {
      oldId,
      newId,
      replaced: found,
      configPaths: paths,
      approvalsWithdrawn: accounts,
      ...ended,
    },
    lines: [
      ...(found
        ? [`${newId} stands where ${oldId} stood.`, ...describeChanges(paths, accounts)]
        : [`${oldId} had no access, so nothing was given to the new id.`]),
      ...describeEnded(ended),
    ],
    exitCode: found ? 0 : 1,
  };
}

async function rewriteEverywhere(
  { cfg }: GossipContext,
  request: {
    readonly senderId: string;
    readonly replacement?: string;
    readonly store: ApprovedSenders;
  },
): Promise<{ accounts: string[]; paths: string[] }> {
  const { replacement, senderId, store } = request;
  const options = { channelId: CHANNEL_ID, senderId, normalize: tryParseGossipId };
  // The door first, the name on the list of owners with it; approvals are another file.
  const accountIds = listGossipAccountIds(cfg);
  const approved: string[] = [];
  for (const accountId of accountIds) {
    const entries = await store.readAllowFromStore({ channel: CHANNEL_ID, accountId });
    if (entries.some((entry) => tryParseGossipId(entry) === senderId)) approved.push(accountId);
  }
  let paths: string[] = [];
  const isListed =
    rewriteContact(structuredClone(cfg), { ...options }).length > 0 ||
    (replacement !== undefined && approved.length > 0);
  if (isListed) {
    await mutateConfigFile({
      afterWrite: { mode: "auto" },
      mutate: (draft) => {
        paths = rewriteContact(draft, {
          ...options,
          ...(replacement === undefined ? {} : { replacement }),
        });
        if (replacement !== undefined)
          paths.push(...admitReplacement(draft, approved, replacement));
      },
    });
  }
  return { accounts: await withdrawApproval(store, { ...options, accountIds }), paths };
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
