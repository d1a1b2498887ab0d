// The terminal's side of the owner handshake: the code comes from the running gateway, or from this process when no gateway
// has the account.
import { setTimeout as sleep } from "node:timers/promises";
import { callGatewayFromCli } from "openclaw/plugin-sdk/gateway-runtime";
import type { ChannelNames } from "./channel-names.ts";
import { ChannelKitError } from "./errors.ts";
import { createOwnerDesk, type DeskClaim, type OwnerDesk } from "./owner-desk.ts";
import { BeginAnswerSchema, ClaimSchema, OWNER_WAIT_MS, ownerMethods } from "./owner-methods.ts";

const CALL_TIMEOUT_MS = OWNER_WAIT_MS + 10_000;
/** The restart of an account takes about a second. */
const FINISH_WITHIN_MS = 20_000;
const FINISH_AGAIN_AFTER_MS = 300;

/** How a handshake ended; `owner` was confirmed at the terminal and has been told. */
export type OwnerOutcome =
  | { readonly kind: "owner"; readonly userId: string }
  | { readonly kind: "declined" }
  | { readonly kind: "expired" }
  | { readonly kind: "exhausted" }
  | { readonly kind: "replaced" };

/** What the person at the terminal sees and answers. */
export interface OwnerDialog {
  /** Shows the code. Resolves when it is shown, not when it was sent. */
  showCode(code: string, expiresAtMs: number): Promise<void>;
  /** @param senderId - Who sent the code, in full. */
  askIsThisYou(senderId: string): Promise<boolean>;
  /** Called before the owner is told, so that the first message is allowed when it comes. */
  grant(senderId: string): Promise<void>;
}

/** An account that this process opened itself, to wait for the code. */
export interface OwnerConnection {
  readonly userId: string;
  /** Resolves when people can write to the bot. */
  whenReachable(): Promise<void>;
  /** Tells the owner, and keeps the conversation. */
  welcome(senderId: string): Promise<void>;
}

export interface OwnerHandshakeOptions {
  readonly names: ChannelNames;
  readonly accountId: string;
  readonly dialog: OwnerDialog;
  readonly signal: AbortSignal;
  /**
   * Opens the account here, under its lock, offers what people write to the desk, and lends the connection.
   *
   * @throws ChannelKitError `already_running` when a gateway has the account: then that is asked.
   */
  readonly listen: (
    desk: OwnerDesk,
    use: (connection: OwnerConnection) => Promise<OwnerOutcome>,
  ) => Promise<OwnerOutcome>;
}

/** Where a code is made, waited for and ended. */
interface OwnerLine {
  begin(): Promise<{ id: string; code: string; expiresAtMs: number }>;
  whenSettled(id: string): Promise<DeskClaim>;
  /** @param senderId - Whom the person at the terminal said yes to; undefined when nobody became owner. */
  finish(id: string, senderId: string | undefined): Promise<void>;
}

/**
 * Runs the handshake once. Whoever sent the code is owner only after a yes at the terminal.
 *
 * @throws ChannelKitError when the account can neither be opened here nor reached in a gateway.
 */
export async function runOwnerHandshake(options: OwnerHandshakeOptions): Promise<OwnerOutcome> {
  const { signal } = options;
  const desk = createOwnerDesk();
  try {
    return await options.listen(desk, (connection) =>
      converse(options.dialog, {
        begin: async () => {
          await connection.whenReachable();
          const { display, expiresAtMs, id } = desk.begin();
          return { id, code: display, expiresAtMs };
        },
        whenSettled: (id) => desk.whenSettled(id, signal),
        finish: async (id, senderId) => {
          desk.end(id);
          if (senderId !== undefined) await connection.welcome(senderId);
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof ChannelKitError) || error.code !== "already_running") throw error;
    return await converse(options.dialog, createGatewayLine(options));
  }
}

async function converse(dialog: OwnerDialog, line: OwnerLine): Promise<OwnerOutcome> {
  const { code, expiresAtMs, id } = await line.begin();
  await dialog.showCode(code, expiresAtMs);
  const claim = await line.whenSettled(id);
  if (claim.kind !== "claimed") {
    await line.finish(id, undefined);
    return claim;
  }
  if (!(await dialog.askIsThisYou(claim.senderId))) {
    await line.finish(id, undefined);
    return { kind: "declined" };
  }
  await dialog.grant(claim.senderId);
  await line.finish(id, claim.senderId);
  return { kind: "owner", userId: claim.senderId };
}

function createGatewayLine({ accountId, names, signal }: OwnerHandshakeOptions): OwnerLine {
  const methods = ownerMethods(names);
  const call = (method: string, params: object = {}): Promise<unknown> =>
    callGatewayFromCli(
      method,
      { timeout: String(CALL_TIMEOUT_MS) },
      { accountId, ...params },
      { signal, progress: false },
    );
  return {
    begin: async () => BeginAnswerSchema.parse(await call(methods.begin)),
    whenSettled: async (id) => {
      for (;;) {
        signal.throwIfAborted();
        const claim = ClaimSchema.parse(await call(methods.wait, { id }));
        if (claim.kind !== "waiting") return claim;
      }
    },
    finish: async (id, senderId) => {
      // A code that is not ended here ends by itself; who became owner stays owner without the greeting.
      const ended =
        senderId === undefined
          ? call(methods.finish, { id })
          : // The new owner is in the configuration by now, for which the host restarts the account: nobody answers until
            // that is done.
            retry(() => call(methods.finish, { id, accepted: true, senderId }), signal);
      await ended.catch(() => undefined);
    },
  };
}

async function retry(attempt: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + FINISH_WITHIN_MS;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (performance.now() >= deadlineMs) throw error;
      await sleep(FINISH_AGAIN_AFTER_MS, undefined, { signal });
    }
  }
}
