import type { AdmitAnswer, JoinRequestFacts } from "../client/types.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { ConvosKey } from "../identity/key.ts";
import type { ConvosNetwork } from "../invite/invite-text.ts";

/** Who used which single-use invite. Keep it on disk, or such an invite works once per start of the process. */
export interface UsedInvites {
  /** @returns The inbox that used it. */
  find(inviteId: string): Promise<string | undefined>;
  add(inviteId: string, inboxId: string): Promise<void>;
}

export interface ConvosAgentOptions {
  /** The key of the client's wallet (`keyFromHex`): it signs and opens the invites. */
  readonly key: ConvosKey;
  /** Decides the host of invite links. */
  readonly network: ConvosNetwork;
  /** How the agent shows itself; that it is an agent is always said. */
  readonly profile?: { readonly name?: string };
  /** Asked after every other check of a join request has passed. A check that fails counts as no. Default: everybody. */
  readonly admit?: (request: JoinRequestFacts) => AdmitAnswer | Promise<AdmitAnswer>;
  /** People let in by invite, per conversation and hour; the others wait. Default 20. */
  readonly admissionsPerHour?: number;
  /** Default: in memory. */
  readonly usedInvites?: UsedInvites;
  readonly clock?: Clock;
  /** Gets one line per thing that went wrong; it names nobody. Default: nothing. */
  readonly warn?: (line: string) => void;
}

export type ResolvedAgentOptions = Required<ConvosAgentOptions>;

const ADMISSIONS_PER_HOUR = 20;

export function resolveAgentOptions(options: ConvosAgentOptions): ResolvedAgentOptions {
  return {
    profile: {},
    admit: () => "admit",
    admissionsPerHour: ADMISSIONS_PER_HOUR,
    usedInvites: createUsedInvites(),
    clock: systemClock,
    warn: () => {},
    ...options,
  };
}

function createUsedInvites(): UsedInvites {
  const used = new Map<string, string>();
  return {
    find: async (inviteId) => used.get(inviteId),
    add: async (inviteId, inboxId) => void used.set(inviteId, inboxId),
  };
}
