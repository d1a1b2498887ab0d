// What the turns of all channels have in common.
import type { TurnOptions } from "channel-durability";

/** What a turn of the agent needs, whatever the channel. */
export interface TurnDispatch<TMessages> {
  /** Of one person in one conversation, oldest first; one turn answers them all. */
  readonly messages: TMessages;
  readonly cfg: TurnOptions["cfg"];
  readonly accountId: string;
  readonly runtime: TurnOptions["runtime"];
  readonly lifecycle: TurnOptions["lifecycle"];
  readonly resolveIngress: TurnOptions["resolveIngress"];
  /** Ends the agent's run: the person lost access. */
  readonly signal: AbortSignal;
  /** A turn that the host put behind a running one has come to its end. */
  readonly onSettled: () => void;
  /** Sends what the host wants seen before the final answer. */
  readonly sendEarly: (text: string) => Promise<{ readonly nativeId: string }[]>;
  readonly onError: TurnOptions["onError"];
}

/** The options of `runTurn` that follow from it. */
export function toTurnOptions({
  accountId,
  cfg,
  lifecycle,
  onError,
  onSettled,
  resolveIngress,
  runtime,
  sendEarly,
  signal,
}: TurnDispatch<unknown>) {
  return {
    cfg,
    accountId,
    runtime,
    resolveIngress,
    lifecycle,
    signal,
    onSettled,
    onError,
    deliver: async (payload) => {
      const text = payload.text ?? "";
      if (text.trim() === "" || signal.aborted) return { visibleReplySent: false };
      const sent = await sendEarly(text);
      return { messageIds: sent.map(({ nativeId }) => nativeId), visibleReplySent: true };
    },
  } satisfies Partial<TurnOptions>;
}
