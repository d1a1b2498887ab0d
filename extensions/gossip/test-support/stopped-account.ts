import path from "node:path";
import { openDurableStore, openIngressQueue, openOutbox } from "channel-durability";
import { DURABLE_FILE } from "channel-kit/cold";
import { requireIdentity } from "channel-kit/terminal";
import { gossipChannel } from "../src/account-channel.ts";
import { deriveDurableKey, identityMaker } from "../src/client.ts";
import { laneOf } from "../src/inbound.ts";
import { createMessageBody, parseGossipMessageBody } from "../src/message-body.ts";
import type { StoppedAccountOptions } from "../src/stopped-account.ts";

/** Leaves one waiting message, one dead letter and one unsent answer of a person, as a killed gateway would. */
export async function fillStoppedAccount(
  options: StoppedAccountOptions,
  person: string,
): Promise<void> {
  const folder = await requireIdentity({ ...options, channel: gossipChannel });
  const key = deriveDurableKey(await identityMaker.derive(folder.record.mnemonic ?? ""));
  using store = openDurableStore({ path: path.join(folder.path, DURABLE_FILE), key });
  const queue = openIngressQueue({
    store,
    channelId: "gossip",
    accountId: options.account.accountId,
    tryParsePayload: (value) => (typeof value === "string" ? value : undefined),
  });
  for (const id of ["dead", "waiting"]) {
    await queue.enqueue(`${person}/${id}`, "text", { receivedAt: 1, laneKey: laneOf(person) });
    if (id === "waiting") continue;
    const claim = await queue.claim(`${person}/${id}`, { ownerId: "1:2:owner" });
    if (claim !== null) await queue.fail(claim, { reason: "poison" });
  }
  const outbox = openOutbox({
    store,
    transport: { send: () => Promise.reject(new Error("killed")) },
    parseBody: parseGossipMessageBody,
  });
  const body = createMessageBody(person, "answer");
  const entry = { queueId: `to-${person}`, partIndex: 0, target: person, body };
  await outbox.send(entry).catch(() => undefined);
  await outbox.close();
}
