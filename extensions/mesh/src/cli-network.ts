// `openclaw mesh channels` and `peers`: what the bot listens to, and whom it is connected with.
import { resolveRules } from "./group-rules.ts";
import type { CliAnswer } from "channel-kit/terminal";
import type { MeshContext } from "./account-channel.ts";
import { NeighborsAnswerSchema, OPERATOR_METHODS } from "./operator-methods.ts";

/** The channels of an account, with their rules, from the configuration. */
export async function showChannels({ account }: MeshContext): Promise<CliAnswer> {
  const { accountId, groupPolicy } = account;
  const channels = account.channels.map((id) => {
    const { allowFrom, enabled, requireMention = true } = resolveRules(account, id);
    return { id, enabled: enabled !== false, requireMention, heard: allowFrom.length };
  });
  return {
    json: { accountId, groupPolicy, heard: account.groupAllowFrom.length, channels },
    lines: [
      `Mesh ${accountId}: policy ${groupPolicy}, ${account.groupAllowFrom.length} peers heard in every channel`,
      ...channels.map(
        ({ enabled, heard, id, requireMention }) =>
          `${id}  ${enabled ? (requireMention ? "when called" : "every message") : "closed"}` +
          (heard === 0 ? "" : `, ${heard} more peers heard`),
      ),
    ],
  };
}

/** The neighbors that the running account has now. */
export async function showPeers(context: MeshContext): Promise<CliAnswer> {
  const { accountId } = context.account;
  const answer = await context.ask(OPERATOR_METHODS.neighbors, NeighborsAnswerSchema, {
    accountId,
  });
  if (answer === undefined) {
    return {
      json: { accountId, running: false, neighbors: [] },
      lines: [`Mesh ${accountId} does not run. Start it: openclaw gateway start`],
      exitCode: 1,
    };
  }
  const { neighbors } = answer;
  return {
    json: { accountId, running: true, neighbors },
    lines:
      neighbors.length === 0
        ? [`Mesh ${accountId} has no neighbor now. See: openclaw mesh status`]
        : neighbors.map(
            ({ direction, isOurs, isProven, peerId }) =>
              `${peerId}  ${direction === "in" ? "dialed us" : "dialed by us"}, ` +
              `${isProven ? "key proven" : "key not proven"}${isOurs ? "" : ", reference protocol"}`,
          ),
  };
}
