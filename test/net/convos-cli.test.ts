import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningLocalNode } from "xmtp-local-node";
import { ConvosCli } from "../support/convos-cli.ts";
import { startConvosCliNode } from "../support/convos-cli-node.ts";

/** The CLI alone with our node: what fails here is no matter of the SDK. */
describe("two unmodified Convos CLIs on the local node", { timeout: 120_000 }, () => {
  const unknownCalls: string[] = [];
  let folder: string;
  let node: RunningLocalNode;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "convos-cli-"));
    node = await startConvosCliNode({ log: (line) => unknownCalls.push(line) });
  }, 310_000);
  afterAll(async () => {
    await node.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("create, invite, join, write, reply, react, send files, rename, lock, and explode", async () => {
    const alice = new ConvosCli(path.join(folder, "alice"));
    const bob = new ConvosCli(path.join(folder, "bob"));
    const created = await alice.create({ name: "The boat", profileName: "Alice" });
    const { url } = await alice.invite(created.conversationId);
    const asked = await bob.join(url, { profileName: "Bob", waitS: 0 });
    expect(asked.status).toBe("request_sent");
    expect(await alice.processJoinRequests()).toBe(1);

    const id = created.conversationId;
    await using served = await bob.serve(id);
    const hello = await alice.sendText(id, "hello");
    expect(await served.message("hello")).toMatchObject({ senderInboxId: created.inboxId });
    await alice.rename(id, "The other boat");
    await served.message(/The other boat/);
    await served.send("back", hello);
    await served.order({ type: "react", messageId: hello, emoji: "👍" });
    const contents = (await alice.messages(id)).map(({ content }) => String(content));
    expect(contents).toContain(`reply to "hello" (${hello}): back`);
    expect(contents).toContain(`reacted 👍 to ${hello}`);

    const file = path.join(folder, "list.txt");
    writeFileSync(file, "rope, sail");
    const encrypted = await alice.encrypt(id, file);
    expect(existsSync(encrypted.encryptedFile)).toBe(true);
    expect(readFileSync(encrypted.encryptedFile, "utf8")).not.toContain("rope");
    await alice.sendEncrypted(id, "https://files.example/list", encrypted);
    await served.message(/remote attachment/);

    await alice.lock(id);
    await alice.explode(id);
    await served.next("explode_notice", ({ senderInboxId }) => senderInboxId === created.inboxId);
    await served.stop();
    expect((await bob.info(id)).conversation.isActive).toBe(false);
    expect((await alice.info(id)).members).toHaveLength(1);
    expect(unknownCalls).toEqual([]);
  });
});
