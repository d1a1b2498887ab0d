import { isJsonObject, type Gateway, type JsonObject } from "channel-testing";

/** One account's part of `openclaw channels status`; empty when there is no such account. */
export async function readChannelAccount(
  gateway: Pick<Gateway, "call">,
  channel: string,
  accountId: string,
): Promise<JsonObject> {
  const answer = await gateway.call("channels.status", { probe: false });
  const channels = isJsonObject(answer) ? answer["channelAccounts"] : undefined;
  const accounts = isJsonObject(channels) ? channels[channel] : undefined;
  const found = (Array.isArray(accounts) ? accounts : [])
    .filter(isJsonObject)
    .find((account) => account["accountId"] === accountId);
  return found ?? {};
}
