// The place in a running account where an owner code is waited for. It stands before the gate and the queue, so a code gets
// through whatever the policy says and however many strangers wait, and lies in no database of ours.
import { createOwnerCode, type OwnerCode, type SettledOwnerClaim } from "channel-access";

export interface OwnerDesk {
  /** Starts with a new code; an earlier one is void. */
  begin(): OwnerCode;
  /** True while somebody at a terminal waits for the code: contact requests are accepted then. */
  isOpen(): boolean;
  /** True when the text was the code; the message must go no further. */
  offer(senderId: string, text: string): boolean;
  /** Resolves when the code is claimed or void. @throws The signal's reason. Without a code: `expired`. */
  whenSettled(signal: AbortSignal): Promise<SettledOwnerClaim>;
  /** Whose claim it was, when somebody sent the code; the code is void from here on. */
  end(): string | undefined;
}

export function createOwnerDesk(make: () => OwnerCode = createOwnerCode): OwnerDesk {
  let code: OwnerCode | undefined;
  return {
    begin: () => {
      code = make();
      return code;
    },
    isOpen: () => code?.claim().kind === "waiting",
    offer: (senderId, text) => code?.offer(senderId, text) === true,
    whenSettled: async (signal) => (await code?.whenSettled(signal)) ?? { kind: "expired" },
    end: () => {
      const claim = code?.claim();
      code = undefined;
      return claim?.kind === "claimed" ? claim.senderId : undefined;
    },
  };
}
