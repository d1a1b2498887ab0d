// One Mesh account as the gateway would run it, in this process: the host's real routing, access decision, context builder
// and pairing store; only running the agent is faked, and writes down what it was given.
import { EventEmitter, once } from "node:events";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type {
  BuildChannelInboundEventContextParams,
  ChannelInboundTurnPlan,
} from "openclaw/plugin-sdk/channel-inbound";
import type { ChannelAccountSnapshot } from "openclaw/plugin-sdk/status-helpers";
import { resolveMeshAccount } from "../../extensions/mesh/src/accounts.ts";
import { startMeshAccount } from "../../extensions/mesh/src/gateway.ts";
import { createChannelRuntime } from "./account-in-process.ts";

const QUICK = { redialMinMs: 20, redialMaxMs: 100, syncMs: 500 };
const WAIT_MS = 20_000;

export interface MeshBot {
  /** Contexts the agent was given, in order. */
  readonly turns: readonly BuildChannelInboundEventContextParams[];
  /** What the host was asked to run, one for each of {@link turns}. */
  readonly plans: readonly ChannelInboundTurnPlan[];
  /** Events taken over from the protocol client. */
  readonly receivedCount: number;
  readonly lines: readonly string[];
  /** The configuration under the running account: a change of the rules holds from the next message on. */
  readonly cfg: OpenClawConfig;
  /** Rejects when the account could not start; settles when it has stopped. */
  readonly ended: Promise<void>;
  whenReady(): Promise<string>;
  whenTurns(count: number): Promise<void>;
  whenReceived(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an account. The environment must name a state directory of its own. */
export function startMeshBot(options: {
  stateDir: string;
  section: Record<string, unknown>;
  accountId?: string;
  owners?: string[];
  /** Called for each turn, as the agent would be. */
  onTurn?: (context: BuildChannelInboundEventContextParams) => void;
}): MeshBot {
  const { accountId = "default", owners = [] } = options;
  const stop = new AbortController();
  const news = new EventEmitter();
  const turns: BuildChannelInboundEventContextParams[] = [];
  const plans: ChannelInboundTurnPlan[] = [];
  const lines: string[] = [];
  let receivedCount = 0;
  let status: ChannelAccountSnapshot = { accountId };
  const cfg: OpenClawConfig = {
    channels: { mesh: options.section },
    commands: { ownerAllowFrom: owners.map((id) => `mesh:${id}`) },
    // No waiting for more lines: these tests write one at a time.
    messages: { inbound: { byChannel: { mesh: 0 } } },
  };
  const runTurn = (plan: ChannelInboundTurnPlan): void => {
    plans.push(plan);
    const context = turns.at(-1);
    if (context !== undefined) options.onTurn?.(context);
  };
  const channelRuntime = createChannelRuntime({ news, turns, runTurn });
  const log = (line: string): void => void lines.push(line);
  const ended = startMeshAccount(
    {
      cfg,
      accountId,
      account: resolveMeshAccount(cfg, accountId),
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
    () => ({ stateDir: options.stateDir, timing: QUICK }),
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
    plans,
    get receivedCount() {
      return receivedCount;
    },
    lines,
    cfg,
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
