// What each kind of sender gets under each policy, before and after a change of it: the table that the host is held to.
import { DatabaseSync } from "node:sqlite";
import path from "node:path";

export const SENDERS = ["owner", "paired", "listed", "unknown", "removed"] as const;
export type Sender = (typeof SENDERS)[number];

/** Accounts are called by the policy that they begin with. */
export const ACCOUNTS = ["pairing", "allowlist", "open", "disabled"] as const;
export type Account = (typeof ACCOUNTS)[number];

/** `backlog`: written while the account was stopped. `changed`: written after {@link CHANGED_POLICY} came into force. */
export type Phase = "live" | "backlog" | "changed";

/** `answer`: one turn and one reply; `code`: no turn, a pairing code; `nothing`: neither. */
type Outcome = "answer" | "code" | "nothing";

type Row = Readonly<Record<Sender, Outcome>>;

const everybody = (outcome: Outcome): Row => ({
  owner: outcome,
  paired: outcome,
  listed: outcome,
  unknown: outcome,
  removed: outcome,
});
const LISTED_ONLY: Row = { ...everybody("nothing"), listed: "answer" };
// To own the bot is a right over commands; it is no entry in a list of who may write.
const PAIRING: Row = { ...everybody("code"), paired: "answer", listed: "answer" };
const PAIRING_AGAIN: Row = { ...everybody("nothing"), paired: "answer", listed: "answer" };

/** The policy that each account is changed to while it runs. */
export const CHANGED_POLICY: Readonly<Record<Account, Account>> = {
  pairing: "disabled",
  allowlist: "pairing",
  open: "allowlist",
  disabled: "open",
};

export const TABLE: Readonly<Record<Phase, Readonly<Record<Account, Row>>>> = {
  live: {
    pairing: PAIRING,
    allowlist: LISTED_ONLY,
    open: everybody("answer"),
    disabled: everybody("nothing"),
  },
  backlog: {
    // A code is told once per request.
    pairing: PAIRING_AGAIN,
    allowlist: LISTED_ONLY,
    open: everybody("answer"),
    disabled: everybody("nothing"),
  },
  changed: {
    pairing: everybody("nothing"),
    allowlist: PAIRING,
    open: LISTED_ONLY,
    disabled: everybody("answer"),
  },
};

/**
 * The same where the channel hears an owner without an entry in a list: a word of his counts wherever anybody's does.
 */
export const TABLE_WITH_OWNER: typeof TABLE = {
  live: withOwner(TABLE.live),
  backlog: withOwner(TABLE.backlog),
  changed: withOwner(TABLE.changed),
};

function withOwner(rows: Readonly<Record<Account, Row>>): Readonly<Record<Account, Row>> {
  const add = (row: Row): Row =>
    Object.values(row).every((outcome) => outcome === "nothing")
      ? row
      : { ...row, owner: "answer" };
  return {
    pairing: add(rows.pairing),
    allowlist: add(rows.allowlist),
    open: add(rows.open),
    disabled: add(rows.disabled),
  };
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  "1 turns, 1 answers, 0 codes, 0 others": "answer",
  "0 turns, 0 answers, 1 codes, 0 others": "code",
  "0 turns, 0 answers, 0 codes, 0 others": "nothing",
};

/** The host's text for strangers. */
export const isCode = (text: string): boolean => text.includes("access not configured");

/** OpenClaw may answer lines that it finds waiting with one text. */
export function isAnswer(text: string, word: string): boolean {
  return text.startsWith("answer to ") && text.split(" ").includes(word);
}

/**
 * What came of one word: an {@link Outcome}, or the figures when they are none.
 *
 * @param replies - What its writer heard since, of this account.
 * @param options.ignoresOthers - What was written before is answered now, too.
 */
export function readOutcome(
  word: string,
  turns: number,
  replies: readonly string[],
  options: { readonly ignoresOthers?: boolean } = {},
): string {
  const answers = replies.filter((text) => isAnswer(text, word)).length;
  const codes = replies.filter(isCode).length;
  const others = options.ignoresOthers === true ? 0 : replies.length - answers - codes;
  const figures = `${turns} turns, ${answers} answers, ${codes} codes, ${others} others`;
  return OUTCOMES[figures] ?? figures;
}

/** The account with the pairing policy is the one that nobody has to name. */
export function idOf(account: Account): string {
  return account === "pairing" ? "default" : account;
}

/** The word that a sender writes in one cell of the table. */
export function wordOf(phase: Phase, account: Account, sender: Sender): string {
  return `${phase}-${account}-${sender}-1`;
}

/** Facts that one account has stored, and those of them that it has not dealt with yet. */
export function countFacts(
  stateDir: string,
  folder: string,
  channel = "gossip",
): { readonly stored: number; readonly open: number } {
  const file = path.join(stateDir, "sessions", channel, folder, "channel.db");
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const row = database
      .prepare(
        "SELECT count(*) AS stored, count(*) FILTER (WHERE status <> 'completed') AS open FROM ingress",
      )
      .get();
    return { stored: Number(row?.["stored"]), open: Number(row?.["open"]) };
  } finally {
    database.close();
  }
}
