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
export type Outcome = "answer" | "code" | "nothing";

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
