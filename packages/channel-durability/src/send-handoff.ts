import type { ChannelMessageSendTextContext } from "openclaw/plugin-sdk/channel-outbound";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";

/** What the host passes along with a send, see the host's `ChannelMessageSendTextContext`. */
export type SendHooks = Pick<
  ChannelMessageSendTextContext,
  "signal" | "onPlatformSendDispatch" | "assertDirectAdapterHandoff"
>;

/** The host's say in one send: told before, asked at the last moment. */
export class Handoff {
  /** The host, or a removal of the row, stopped the message before the point of no return. */
  refused = false;
  asserted = false;
  readonly #hooks: SendHooks;
  readonly #isStillOwed: () => boolean;

  constructor(hooks: SendHooks, isStillOwed: () => boolean) {
    this.#hooks = hooks;
    this.#isStillOwed = isStillOwed;
  }

  async announce(): Promise<void> {
    this.#assertWanted();
    try {
      await this.#hooks.onPlatformSendDispatch?.();
    } catch (error) {
      this.refused = true;
      throw error;
    }
  }

  assert(): void {
    this.#assertWanted();
    try {
      this.#hooks.assertDirectAdapterHandoff?.();
    } catch (error) {
      this.refused = !this.asserted;
      throw error;
    }
    this.asserted = true;
  }

  #assertWanted(): void {
    const { signal } = this.#hooks;
    if (signal?.aborted === true || !this.#isStillOwed()) {
      this.refused = !this.asserted;
      throw new PlatformMessageNotDispatchedError("outbox: withdrawn before it was sent", {
        cause: signal?.reason,
      });
    }
  }
}
