import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    await bob.sync();

    const id = created.conversationId;
    const hello = await alice.sendText(id, "hello");
    await using hers = await alice.serve(id);
    await using his = await bob.serve(id);
    await his.send("back", hello);
    await hers.message(`reply to "hello" (${hello}): back`);
    await his.order({ type: "react", messageId: hello, emoji: "👍" });
    await hers.message(`reacted 👍 to ${hello}`);
    await hers.order({ type: "rename", name: "The other boat" });
    await his.message(/The other boat/);

    const file = path.join(folder, "list.txt");
    writeFileSync(file, "rope, sail");
    const encrypted = await alice.encrypt(file);
    expect(readFileSync(encrypted.encryptedFile, "utf8")).not.toContain("rope");
    await hers.sendFile("https://files.example/list", encrypted);
    await his.message(/remote attachment/);

    await hers.order({ type: "lock" });
    await hers.order({ type: "explode" });
    await his.next("explode_notice", ({ senderInboxId }) => senderInboxId === created.inboxId);
    await Promise.all([hers.stop(), his.stop()]);
    await bob.sync();
    expect(await bob.info(id)).toMatchObject({
      conversation: { isActive: false, name: "The other boat" },
    });
    expect((await alice.info(id)).members).toHaveLength(1);
    expect(unknownCalls).toEqual([]);
  });
});
