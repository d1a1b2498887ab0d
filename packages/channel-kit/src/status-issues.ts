// What `openclaw channels status` and the Control UI list below an account: each with its next command.
import type {
  ChannelAccountSnapshot,
  ChannelStatusIssue,
} from "openclaw/plugin-sdk/status-helpers";
import * as z from "zod";
import type { ChannelNames } from "./channel-names.ts";

const HealthSchema = z.looseObject({
  deadLetters: z.number(),
  waitingOutbound: z.number(),
  lastErrorCode: z.string().optional(),
});

/** What every channel lists below an account: its health, the turn budget, and where its key is. */
export function collectAccountIssues(
  names: ChannelNames,
  account: ChannelAccountSnapshot,
): ChannelStatusIssue[] {
  return [
    ...collectHealthIssues(names, account),
    ...collectKeyIssues(names, account),
    ...collectBudgetIssues(names, account),
  ];
}

/** A green network hides nothing: what was given up is said on its own. */
function collectHealthIssues(
  { id, network }: ChannelNames,
  account: ChannelAccountSnapshot,
): ChannelStatusIssue[] {
  const parsed = HealthSchema.safeParse(account.application);
  if (!parsed.success) return [];
  const { deadLetters, lastErrorCode, waitingOutbound } = parsed.data;
  const issues: ChannelStatusIssue[] = [];
  const add = (message: string, fix: string): void => {
    const { accountId } = account;
    issues.push({ channel: id, accountId, kind: "runtime", message, fix });
  };
  if (deadLetters > 0) {
    add(
      `${deadLetters} ${deadLetters === 1 ? "message" : "messages"} came in and had to be given up`,
      `Look at them: openclaw ${id} dead-letters list`,
    );
  }
  if (lastErrorCode !== undefined && waitingOutbound > 0) {
    add(
      `the ${network} does not answer (${lastErrorCode}), ${waitingOutbound} replies wait and go out by themselves`,
      `See since when: openclaw ${id} status`,
    );
  }
  return issues;
}

const OverBudgetSchema = z.looseObject({
  peopleOverBudget: z.number().positive(),
  waitingInbound: z.number(),
});

/** Messages that wait although everything works. */
function collectBudgetIssues(
  { id }: ChannelNames,
  { accountId, application }: ChannelAccountSnapshot,
): ChannelStatusIssue[] {
  const over = OverBudgetSchema.safeParse(application);
  if (!over.success) return [];
  return [
    {
      channel: id,
      accountId,
      kind: "runtime",
      message: `${over.data.peopleOverBudget} people wrote more than the turn budget allows; ${over.data.waitingInbound} messages wait and are answered in order`,
      fix: `Wait, or raise channels.${id}.turnBudget (no restart needed).`,
    },
  ];
}

/** Sealed files protect nothing from whoever copies the key along with them. */
function collectKeyIssues(
  { id }: ChannelNames,
  account: ChannelAccountSnapshot,
): ChannelStatusIssue[] {
  if (account.enabled !== true || account.credentialSource !== "session.json") return [];
  return [
    {
      channel: id,
      accountId: account.accountId,
      kind: "config",
      message:
        "key and data share a disk: the recovery phrase is in session.json beside the files it opens",
      fix: `Keep the phrase in a secret store and set the account's mnemonic (channels.${id}) to a reference to it.`,
    },
  ];
}
