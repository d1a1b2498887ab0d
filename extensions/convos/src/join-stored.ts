// Looks after invites while the account runs: joins by those that the setup stored, also by one that comes meanwhile, and
// removes the pictures of our own that have ended.
import { setTimeout as sleep } from "node:timers/promises";
import type { ConvosConnection } from "./client.ts";
import { readCode } from "./errors.ts";
import { forgetOverInvites } from "./over-invites.ts";
import { listInvites, removeInvite, type InvitePlace } from "./pending-invites.ts";

/** Somebody may wait in front of the wizard. */
const LOOK_MS = 2000;

/** With these the invite may work later: it stays. */
const MAY_WORK_LATER: ReadonlySet<string> = new Set([
  "network_unreachable",
  "closed",
  "state_unwritable",
  // The operator may allow it, or bring the folder back.
  "key_in_use",
]);

export interface JoinStoredOptions {
  readonly place: InvitePlace;
  readonly connection: Pick<ConvosConnection, "ended" | "isInviteUsed" | "join">;
  readonly log: { info(line: string): void; warn(line: string): void };
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly lookMs?: number;
}

/** Looks for invites until the signal aborts. An invite is removed when the protocol client has it, or refuses it. */
export async function joinStoredInvites(options: JoinStoredOptions): Promise<void> {
  const { lookMs = LOOK_MS, onError, signal } = options;
  const said = new Set<string>();
  while (!signal.aborted) {
    try {
      await joinAll(options, said);
      await forgetOverInvites(options.place.folder, options.connection, Date.now());
    } catch (error) {
      onError(error);
    }
    await sleep(lookMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function joinAll(
  { connection, log, place, signal }: JoinStoredOptions,
  said: Set<string>,
): Promise<void> {
  for (const invite of await listInvites(place)) {
    if (signal.aborted) return;
    try {
      await connection.join(invite.text);
      log.info("asked to join a conversation; its creator's app lets the agent in");
    } catch (error) {
      const code = readCode(error);
      if (code === undefined) throw error;
      // The client's own words name no invite and no person.
      const reason = error instanceof Error ? error.message : code;
      if (code === "key_in_use" && !said.has(code)) {
        said.add(code);
        log.warn(`an invite waits (${code}): ${reason}`);
      }
      if (MAY_WORK_LATER.has(code)) return;
      if (code !== "already_joined") log.warn(`an invite leads nowhere (${code}): ${reason}`);
    }
    await removeInvite(invite);
  }
}
