// The command line's side of the operations: a gateway that runs the account is asked; otherwise this process opens the
// account itself, under its lock, for as long as that takes.
import { createSenderReader } from "channel-kit";
import { withErasure, type CliContext } from "channel-kit/terminal";
import * as z from "zod";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { deriveDurableKey } from "./client-identity.ts";
import { openConnection } from "./client.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { forgetConversations } from "./forget-conversations.ts";
import { factRules } from "./inbound.ts";
import { deleteFiles } from "./media-store.ts";
import { describeRefusal } from "./operation-refusal.ts";
import { RefusalSchema, type OperatedAccount, type Operation } from "./operations.ts";

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** What of a command's context is needed to reach an account. */
export type OperatorContext = Pick<
  CliContext<ResolvedConvosAccount>,
  "account" | "ask" | "now" | "stateDir"
>;

/**
 * Has one operation done.
 *
 * @throws ConvosChannelError, in words for the operator: `command_refused`, `identity_missing`, `already_running` (by a
 * gateway that this command line does not reach), what opening the account throws.
 */
export async function operate<TParams extends z.ZodType, TAnswer extends z.ZodType>(
  context: OperatorContext,
  operation: Operation<TParams, TAnswer>,
  params: z.input<TParams>,
): Promise<z.output<TAnswer>> {
  const asked = await askGateway(context, operation, params);
  if (asked !== undefined) return asked;
  const given = operation.params.parse(params);
  return await withStoppedAccount(context, (account) => operation.run(account, given));
}

/**
 * Has one operation done by the gateway that runs the account.
 *
 * @returns undefined when none does. @throws ConvosChannelError `command_refused`.
 */
export async function askGateway<TParams extends z.ZodType, TAnswer extends z.ZodType>(
  context: Pick<OperatorContext, "ask">,
  operation: Operation<TParams, TAnswer>,
  params: z.input<TParams>,
): Promise<z.output<TAnswer> | undefined> {
  const given = z.record(z.string(), z.unknown()).parse(params);
  const asked = await context.ask(operation.method, z.looseObject({}), given);
  if (asked === undefined) return undefined;
  const refused = RefusalSchema.safeParse(asked);
  if (refused.success) {
    throw new ConvosChannelError("command_refused", refused.data.refusal.message);
  }
  return operation.answer.parse(asked);
}

const readPerson = createSenderReader((raw) => factRules.senderOf(factRules.codec.parse(raw)));

/** What a gateway does by itself once a conversation is over. */
async function forget(
  ended: readonly string[],
  place: {
    readonly accountId: string;
    readonly stateDir: string;
    readonly folder: string;
    readonly durableKey: Uint8Array;
  },
): Promise<void> {
  const { accountId, durableKey, folder, stateDir } = place;
  const held = { channelId: CHANNEL_ID, accountId, folder, durableKey, readSender: readPerson };
  try {
    await withErasure(held, (opened) =>
      forgetConversations(ended, {
        ...opened,
        deleteFiles: (conversationId) => deleteFiles(stateDir, accountId, conversationId),
      }),
    );
  } catch (cause) {
    throw new ConvosChannelError(
      "command_refused",
      "convos: the conversation is over, but what it left here could not all be deleted. The gateway does that when it " +
        "starts: openclaw gateway start",
      { cause },
    );
  }
}

/**
 * Lends an account that no gateway runs. Nothing is sent and received meanwhile but what `use` does.
 *
 * @throws What {@link operate} throws.
 */
async function withStoppedAccount<T>(
  { account, now, stateDir }: Omit<OperatorContext, "ask">,
  use: (opened: OperatedAccount) => Promise<T>,
): Promise<T> {
  await using opened = new AsyncDisposableStack();
  const { signal } = new AbortController();
  const claimed = await claimIdentity({ stateDir, account, signal });
  opened.defer(() => claimed.lock.release());
  const { folder, identity } = claimed;
  try {
    const connection = opened.use(
      await openConnection({ identity, account, folder: folder.path, log: SILENT }),
    );
    const before = new Set(connection.ended());
    const answer = await use({ controls: connection.controls, folder: folder.path, now });
    const ended = connection.ended();
    if (ended.some((id) => !before.has(id))) {
      const durableKey = deriveDurableKey(identity);
      await forget(ended, {
        accountId: account.accountId,
        stateDir,
        folder: folder.path,
        durableKey,
      });
    }
    return answer;
  } catch (error) {
    throw describeRefusal(error);
  }
}
