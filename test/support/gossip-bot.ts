// One Gossip account as the gateway would run it, in this process: the host's real routing, access decision, context
// builder and pairing store; only running the agent is faked, and writes down what it was given.
import { EventEmitter, once } from "node:events";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { BuildChannelInboundEventContextParams } from "openclaw/plugin-sdk/channel-inbound";
import type { ChannelAccountSnapshot } from "openclaw/plugin-sdk/status-helpers";
import { resolveGossipAccount } from "../../extensions/gossip/src/accounts.ts";
import { startGossipAccount } from "../../extensions/gossip/src/gateway.ts";
import { createChannelRuntime } from "./account-in-process.ts";

const QUICK = { liveMs: 40, idleMs: 40, idleMaxMs: 80, bulletinMs: 40, tickMs: 50 };
const WAIT_MS = 20_000;

export interface Bot {
  /** Contexts the agent was given, in order. */
  readonly turns: readonly BuildChannelInboundEventContextParams[];
  readonly systemEvents: readonly string[];
  /** Events taken over from the protocol client. */
  readonly receivedCount: number;
  readonly lines: readonly string[];
  readonly status: ChannelAccountSnapshot;
  /** The configuration under the running account: a change holds from the next message on. */
  readonly section: Record<string, unknown>;
  /** Rejects when the account could not start; settles when it has stopped. */
  readonly ended: Promise<void>;
  whenReady(): Promise<string>;
  whenTurns(count: number): Promise<void>;
  whenReceived(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the account `default`. The environment must name a state directory of its own. */
export function startBot(options: {
  stateDir: string;
  section: Record<string, unknown>;
  /** Sees each line of the log as it comes. */
  onLine?: (line: string) => void;
}): Bot {
  const stop = new AbortController();
  const news = new EventEmitter();
  const turns: BuildChannelInboundEventContextParams[] = [];
  const systemEvents: string[] = [];
  const lines: string[] = [];
  let receivedCount = 0;
  let status: ChannelAccountSnapshot = { accountId: "default" };
  const cfg: OpenClawConfig = { channels: { gossip: options.section } };
  const channelRuntime = createChannelRuntime({ news, turns });
  const log = (line: string): void => {
    lines.push(line);
    options.onLine?.(line);
  };
  const ended = startGossipAccount(
    {
      cfg,
      accountId: "default",
      account: resolveGossipAccount(cfg),
      runtime: { log: () => undefined, error: () => undefined, exit: () => undefined },
      abortSignal: stop.signal,
      log: { info: log, warn: log, error: log, debug: log },
      getStatus: () => status,
      setStatus: (next) => {
        status = { ...status, ...next };
        if (next.lastInboundAt !== undefined) receivedCount += 1;
        news.emit("status");
      },
      channelRuntime,
    },
    () => ({
      stateDir: options.stateDir,
      system: {
        enqueueSystemEvent: (text) => {
          systemEvents.push(text);
          return true;
        },
      },
      polling: QUICK,
    }),
  );
  // Whoever waits for `ended` hears of a failure; nobody else has to.
  ended.catch(() => undefined);
  const until = async (name: string, isReached: () => boolean): Promise<void> => {
    const timeout = AbortSignal.timeout(WAIT_MS);
    while (!isReached()) {
      await Promise.race([once(news, name, { signal: timeout }), ended]);
    }
  };
  return {
    turns,
    systemEvents,
    lines,
    get receivedCount() {
      return receivedCount;
    },
    get status() {
      return status;
    },
    section: options.section,
    ended,
    whenReady: async () => {
      await until("status", () => status.lifecycle === "ready");
      return status.publicKey ?? "";
    },
    whenTurns: (count) => until("turn", () => turns.length >= count),
    whenReceived: (count) => until("status", () => receivedCount >= count),
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}
