import { pollUntil, isJsonObject } from "channel-testing";
import type { Gateway, JsonObject } from "channel-testing";

/** One account's part of `openclaw channels status`; empty when there is no such account. */
export async function readGossipAccount(gateway: Gateway, accountId: string): Promise<JsonObject> {
  const answer = await gateway.call("channels.status", { probe: false });
  const channels = isJsonObject(answer) ? answer["channelAccounts"] : undefined;
  const accounts = isJsonObject(channels) ? channels["gossip"] : undefined;
  const found = (Array.isArray(accounts) ? accounts : [])
    .filter(isJsonObject)
    .find((account) => account["accountId"] === accountId);
  return found ?? {};
}

/** Resolves when the account has reached its relay. */
export async function whenGossipAccountReady(
  gateway: Gateway,
  accountId: string,
  timeoutMs: number,
): Promise<JsonObject> {
  return await pollUntil(
    () => readGossipAccount(gateway, accountId),
    ({ lifecycle }) => lifecycle === "ready",
    timeoutMs,
    `account ${accountId} at its relay`,
  );
}
