import { isJsonObject, pollUntil } from "channel-testing";
import type { Gateway, JsonObject } from "channel-testing";
import { readChannelAccount } from "./channel-accounts.ts";

/** One account's part of `openclaw channels status`; empty when there is no such account. */
export async function readGossipAccount(gateway: Gateway, accountId: string): Promise<JsonObject> {
  return await readChannelAccount(gateway, "gossip", accountId);
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

/** Resolves when the account has noticed that its state is old, or that a copy of it runs elsewhere. */
export async function whenCopyNoticed(
  gateway: Gateway,
  accountId: string,
  timeoutMs: number,
): Promise<JsonObject> {
  return await pollUntil(
    () => readGossipAccount(gateway, accountId),
    ({ application }) => isJsonObject(application) && Number(application["forksNoticed"]) > 0,
    timeoutMs,
    "a notice of the other copy",
  );
}
