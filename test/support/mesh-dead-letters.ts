// Messages that a Mesh account has given up, as the account itself would have stored them.
import { type Host } from "channel-testing";
import { openIngressQueue, tryParseStoredIngressEvent } from "channel-durability";
import { withStoppedStore } from "channel-kit/terminal";
import { meshChannel } from "../../extensions/mesh/src/account-channel.ts";
import { resolveMeshAccount } from "../../extensions/mesh/src/accounts.ts";
import { factRules } from "../../extensions/mesh/src/inbound.ts";
import { messageFrom } from "../../extensions/mesh/test-support/facts.ts";

export interface GivenUpMessage {
  readonly id: string;
  readonly senderId: string;
  readonly text: string;
}

/** Puts direct messages into the dead letters of the account `default`, in this order. No gateway may run it. */
export async function storeDeadLetters(
  { paths }: Pick<Host, "paths">,
  messages: readonly GivenUpMessage[],
): Promise<void> {
  const options = {
    channel: meshChannel,
    stateDir: paths.stateDir,
    account: resolveMeshAccount({ channels: { mesh: { enabled: true } } }, "default"),
  };
  await withStoppedStore(options, async ({ store }) => {
    const queue = openIngressQueue({
      store,
      channelId: meshChannel.id,
      accountId: "default",
      tryParsePayload: tryParseStoredIngressEvent,
    });
    for (const { id, senderId, text } of messages) {
      const now = Date.now();
      const facts = messageFrom(senderId, { text, key: id, sentAtMs: now, arrivedAtMs: now });
      const event = { version: 1, rawEvent: factRules.codec.serialize(facts) } as const;
      const laneKey = factRules.inspect(facts)?.laneKey;
      await queue.enqueue(id, event, laneKey === undefined ? {} : { laneKey });
      await queue.fail(id, { reason: "gave_up", message: "after 8 attempts" });
    }
  });
}
