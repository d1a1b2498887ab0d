import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningLocalNode, startLocalNode } from "xmtp-local-node";
import { createWallet } from "../../packages/xmtp-local-node/test-support/wallet.ts";
import { identifierOf, signerOf, XmtpPeople } from "../support/xmtp-people.ts";

describe("identities of real clients on a local node", () => {
  let node: RunningLocalNode;
  let people: XmtpPeople;
  beforeAll(async () => {
    node = await startLocalNode();
    people = new XmtpPeople(node.url);
  });
  afterAll(async () => {
    await people[Symbol.asyncDispose]();
    await node.close();
  });

  it("gives a second installation of one wallet the same inbox, and its messages", async () => {
    const [first, friend] = await Promise.all([people.join(), people.join()]);
    const second = await people.join(first.wallet);
    expect(second.client.inboxId).toBe(first.client.inboxId);
    expect(second.client.installationId).not.toBe(first.client.installationId);
    const dm = await friend.client.conversations.createDm(first.client.inboxId);
    await dm.sendText("to both");
    for (const { client } of [first, second]) {
      await client.conversations.syncAll();
      const conversation = await client.conversations.getConversationById(dm.id);
      expect((await conversation?.lastMessage())?.content).toBe("to both");
    }
  });

  it("takes an installation away when the wallet says so", async () => {
    const first = await people.join();
    const second = await people.join(first.wallet);
    await first.client.revokeInstallations([second.client.installationIdBytes]);
    const state = await first.client.preferences.fetchInboxState();
    expect(state.installations.map(({ id }) => id)).toEqual([first.client.installationId]);
  });

  it("links a second wallet to an inbox, finds the inbox by it, and unlinks it", async () => {
    const person = await people.join();
    const friend = await people.join();
    const other = createWallet();
    await person.client.unsafe_addAccount(signerOf(other), true);
    const find = () => friend.client.fetchInboxIdByIdentifier(identifierOf(other));
    expect(await find()).toBe(person.client.inboxId);
    await person.client.removeAccount(identifierOf(other));
    expect(await find()).not.toBe(person.client.inboxId);
  });

  it("hands recovery to another wallet, after which the first one may not revoke", async () => {
    const first = await people.join();
    const second = await people.join(first.wallet);
    await first.client.changeRecoveryIdentifier(identifierOf(createWallet()));
    await expect(
      first.client.revokeInstallations([second.client.installationIdBytes]),
    ).rejects.toThrow(/./u);
    const state = await first.client.preferences.fetchInboxState();
    expect(state.installations).toHaveLength(2);
  });

  it("stores ten installations of one inbox; the client refuses to make an eleventh", async () => {
    const { wallet } = await people.join();
    for (let n = 2; n <= 10; n++) await people.join(wallet);
    await expect(people.join(wallet)).rejects.toThrow(/10/u);
  });
});
