// `openclaw <channel> status`: every account in a line; transport, what came in and what goes out are told apart.
import type * as z from "zod";
import type { ChannelAccount } from "./account-channel.ts";
import type { CliAnswer, CliContext } from "./cli-io.ts";
import type { AnsweredFigures, LiveFigures } from "./figures.ts";
import { findIdentity, isBackupConfirmed } from "./identity-file.ts";
import { operatorMethods } from "./operator-methods.ts";
import type { AccountFacts } from "./status-line.ts";

/** What a gateway says of an account; `running` is false when it does not have it. */
interface StatusAnswer<TFigures> {
  readonly running: boolean;
  readonly figures?: TFigures | undefined;
}

/** What is known of one account that is configured. */
export interface KnownAccount<TFigures extends LiveFigures> extends AccountFacts<TFigures> {
  readonly enabled: boolean;
  readonly userId: string | undefined;
}

/**
 * Asks the gateway and looks at the disk.
 *
 * @param only - One account; default: all that are configured.
 * @param pickOwn - What of the channel's own figures JSON may have left out, as undefined.
 */
export async function lookAtAccounts<
  TAccount extends ChannelAccount,
  TFigures extends AnsweredFigures,
  TOwn,
>(
  context: CliContext<TAccount>,
  only: string | undefined,
  schema: z.ZodType<StatusAnswer<TFigures>>,
  pickOwn: (figures: TFigures) => TOwn,
): Promise<KnownAccount<TFigures & LiveFigures & TOwn>[]> {
  const { cfg, channel, stateDir } = context;
  const accounts = (only === undefined ? channel.listAccountIds(cfg) : [only])
    .map((id) => channel.resolveAccount(cfg, id))
    .filter(({ configured }) => configured);
  const known = [];
  for (const account of accounts) {
    const { accountId, enabled } = account;
    const live = await context.ask(operatorMethods(channel).status, schema, { accountId });
    const identity = await findIdentity({ stateDir, channelId: channel.id }, account);
    const figures = live?.figures;
    known.push({
      accountId,
      enabled,
      running: live?.running === true,
      userId: identity?.record.userId,
      figures: figures && { ...nameMissing(figures), ...pickOwn(figures) },
      backupConfirmed: identity && isBackupConfirmed(identity.record),
    });
  }
  return known;
}

/** JSON leaves out what is undefined. */
function nameMissing<TFigures extends AnsweredFigures>(figures: TFigures): TFigures & LiveFigures {
  return {
    ...figures,
    unreachableSinceMs: figures.unreachableSinceMs,
    lastErrorCode: figures.lastErrorCode,
    lastInboundAtMs: figures.lastInboundAtMs,
    oldestInboundAtMs: figures.oldestInboundAtMs,
    oldestOutboundAtMs: figures.oldestOutboundAtMs,
  };
}

/** Exit code 1 when an account that should run does not. */
export function answerStatus<
  TKnown extends { readonly enabled: boolean; readonly running: boolean },
>(
  { channel }: Pick<CliContext, "channel">,
  accounts: readonly TKnown[],
  describe: (account: TKnown) => readonly string[],
): CliAnswer {
  return {
    json: { accounts },
    lines:
      accounts.length === 0
        ? [`No ${channel.label} account. Add one: openclaw channels add --channel ${channel.id}`]
        : accounts.flatMap((each) => describe(each)),
    exitCode: accounts.every(({ enabled, running }) => running || !enabled) ? 0 : 1,
  };
}
