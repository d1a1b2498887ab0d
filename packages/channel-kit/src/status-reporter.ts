import { setTimeout as sleep } from "node:timers/promises";
import type { ChannelAccountSnapshot } from "openclaw/plugin-sdk/status-helpers";
import { channelBlockedPatch, channelReadyPatch } from "openclaw/plugin-sdk/gateway-runtime";
import {
  needsOperator,
  readCode,
  type ChannelKitError,
  type ChannelKitErrorCode,
} from "./errors.ts";
import type { ConnectionState } from "./figures.ts";

/** How often the host hears that a quiet account is alive; it restarts what seems dead. */
const ACTIVITY_INTERVAL_MS = 15_000;

/** What `application` of the status holds of an account that cannot start. */
interface StartFailure {
  readonly startErrorCode: ChannelKitErrorCode;
}

type StatusPatch = Omit<ChannelAccountSnapshot, "accountId">;

export interface StatusReporterOptions {
  readonly sink: (patch: StatusPatch) => void;
  readonly log:
    | { info: (line: string) => void; warn: (line: string) => void; error: (line: string) => void }
    | undefined;
  readonly accountId: string;
  /** What stands between the bot and the people, e.g. `relay`. */
  readonly network: string;
  readonly now?: () => number;
}

export interface StatusReporter {
  /** The account has an identity. The full id goes to the log: it is what people need to write to the bot. */
  identified(userId: string, options: { created: boolean; sessionFile: string }): void;
  /** Follows the connection until the signal aborts. */
  follow(
    connection: {
      status(): ConnectionState;
      onStatusChange(listener: () => void): () => void;
    },
    signal: AbortSignal,
  ): Promise<void>;
  received(): void;
  sent(): void;
  /** Something went wrong that the account survives. */
  trouble(what: string, error: unknown): void;
  /** The account cannot start, or ended. */
  failed(error: ChannelKitError): void;
}

/**
 * Tells host and log how the account is. The protocol client logs losing and finding its network itself. Lines carry
 * codes and never what people wrote.
 */
export function createStatusReporter(options: StatusReporterOptions): StatusReporter {
  const { sink, log, accountId, network, now = Date.now } = options;
  const line = (text: string): string => `[${accountId}] ${text}`;
  let wasConnected: boolean | undefined;
  let toldActivityMs = 0;

  const update = (status: ConnectionState): void => {
    if (status.connected) {
      if (wasConnected !== true) {
        // The host cleared an earlier verdict itself when it started the account.
        const { terminalDisconnect: _cleared, ...ready } = channelReadyPatch();
        sink(ready);
      }
      wasConnected = true;
    } else if (status.lastErrorCode !== undefined) {
      if (wasConnected !== false) {
        const lastError = `${network}: ${status.lastErrorCode}`;
        sink({ connected: false, lifecycle: "recovering", lastError });
      }
      wasConnected = false;
    }
    const { lastExchangeAtMs = 0 } = status;
    if (lastExchangeAtMs - toldActivityMs >= ACTIVITY_INTERVAL_MS) {
      sink({ lastTransportActivityAt: lastExchangeAtMs });
      toldActivityMs = lastExchangeAtMs;
    }
  };

  return {
    identified: (userId, { created, sessionFile }) => {
      sink({ publicKey: userId });
      if (created) log?.info(line(`new identity; its recovery phrase is in ${sessionFile}`));
      log?.info(line(`user id ${userId} (people write to the bot under it)`));
    },
    follow: async (connection, signal) => {
      const stop = connection.onStatusChange(() => update(connection.status()));
      try {
        while (!signal.aborted) {
          update(connection.status());
          await sleep(ACTIVITY_INTERVAL_MS, undefined, { signal, ref: false });
        }
      } finally {
        stop();
      }
    },
    received: () => sink({ lastInboundAt: now() }),
    sent: () => sink({ lastOutboundAt: now() }),
    trouble: (what, error) => {
      const code = readCode(error) ?? (error instanceof Error ? error.name : "unknown");
      log?.warn(line(`${what} (${code})`));
    },
    failed: (error) => {
      const application: StartFailure = { startErrorCode: error.code };
      if (needsOperator(error)) sink(channelBlockedPatch(error.message, { application }));
      else sink({ lifecycle: "recovering", lastError: error.message });
    },
  };
}
