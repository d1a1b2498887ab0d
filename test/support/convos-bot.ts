// One Convos account as the gateway would run it, in this process: the host's real routing, access decision, context
// builder and pairing store, and the real XMTP library; only running the agent is faked, and writes down what it was given.
import { EventEmitter, once } from "node:events";
import { pollUntil } from "channel-testing";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { BuildChannelInboundEventContextParams } from "openclaw/plugin-sdk/channel-inbound";
import type { ChannelAccountSnapshot } from "openclaw/plugin-sdk/status-helpers";
import { resolveConvosAccount } from "../../extensions/convos/src/accounts.ts";
import { startConvosAccount } from "../../extensions/convos/src/gateway.ts";
import { readOffer } from "../../extensions/convos/src/invite-offer.ts";
import { findLiveAccount } from "../../extensions/convos/src/runtime.ts";
import { provision } from "../../extensions/convos/src/setup-provision.ts";
import { createChannelRuntime, type AgentEar } from "./account-in-process.ts";

const WAIT_MS = 30_000;
const QUICK = { joinPollMs: 250, retryMinMs: 100, retryMaxMs: 500 };

export interface ConvosBotOptions {
  /** `OPENCLAW_STATE_DIR` must name it too. */
  readonly stateDir: string;
  readonly cfg: OpenClawConfig;
  /** Joined before anything else; absent for an account that is set up already. */
  readonly invite?: string;
  readonly runTurn?: NonNullable<AgentEar["runTurn"]>;
}

export interface ConvosBot extends AsyncDisposable {
  /** Contexts the agent was given, in order. */
  readonly turns: readonly BuildChannelInboundEventContextParams[];
  readonly lines: readonly string[];
  /** The account's folder. */
  readonly folder: string;
  /** The next turn after those that were waited for. */
  nextTurn(): Promise<BuildChannelInboundEventContextParams>;
  /** Resolves when the bot itself knows that it is in a conversation: who let it in knows that before. */
  whenIn(conversationId: string): Promise<void>;
}

/** Sets the account `default` up and starts it. */
export async function startConvosBot(options: ConvosBotOptions): Promise<ConvosBot> {
  const { cfg, invite, runTurn, stateDir } = options;
  const done = await provision({
    cfg,
    accountId: "default",
    stateDir,
    now: Date.now,
    ...(invite === undefined ? {} : { offer: readOffer(invite, Date.now()) }),
  });
  const stop = new AbortController();
  const news = new EventEmitter();
  const turns: BuildChannelInboundEventContextParams[] = [];
  const lines: string[] = [];
  let seen = 0;
  let status: ChannelAccountSnapshot = { accountId: "default" };
  const log = (line: string): void => void lines.push(line);
  const ended = startConvosAccount(
    {
      cfg,
      accountId: "default",
      account: resolveConvosAccount(cfg),
      runtime: { log: () => undefined, error: () => undefined, exit: () => undefined },
      abortSignal: stop.signal,
      log: { info: log, warn: log, error: log, debug: log },
      getStatus: () => status,
      setStatus: (next) => {
        status = { ...status, ...next };
      },
      channelRuntime: createChannelRuntime({
        news,
        turns,
        ...(runTurn === undefined ? {} : { runTurn }),
      }),
    },
    () => ({
      stateDir,
      system: { enqueueSystemEvent: () => true },
      writeConfig: async () => undefined,
      timing: QUICK,
    }),
  );
  // Whoever waits hears of a failure; nobody else has to.
  ended.catch(() => undefined);
  return {
    turns,
    lines,
    folder: done?.folder ?? "",
    nextTurn: async () => {
      const timeout = AbortSignal.timeout(WAIT_MS);
      for (;;) {
        const turn = turns[seen];
        if (turn !== undefined) {
          seen += 1;
          return turn;
        }
        try {
          await Promise.race([once(news, "turn", { signal: timeout }), ended]);
        } catch (cause) {
          throw new Error(`test: no turn; ${lines.join("\n")}`, { cause });
        }
      }
    },
    whenIn: async (conversationId) => {
      await pollUntil(
        async () =>
          findLiveAccount("default")
            ?.conversations()
            .some(({ id }) => id === conversationId),
        (isIn) => isIn === true,
        WAIT_MS,
        `the bot in conversation ${conversationId}`,
      );
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
}
