// A disk that takes no more bytes: by a limit of the kernel on this process, which fails the real writes of the real files,
// ours and those of XMTP's library.
import { execFileSync } from "node:child_process";
import { encodeJoinRequest } from "convos-node-sdk";
import { afterEach, expect, it } from "vitest";
import { ConvosNet } from "../support/convos-people.ts";
import { XmtpPeer } from "../support/xmtp-peer.ts";

/** The soft limit: a process may raise it again up to the hard one. */
function limitFileSize(bytes: "1" | "unlimited"): void {
  execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
}

afterEach(() => limitFileSize("unlimited"));

it("says that the disk is full, takes nothing meanwhile, and goes on by itself afterwards", async () => {
  await using net = await ConvosNet.start();
  const alice = await net.person("alice");
  await using peer = await XmtpPeer.start(net.node.url);
  const { id, inboxId } = await alice.client.createConversation();
  const { slug } = await alice.client.createInvite(id);
  await peer.write(inboxId, encodeJoinRequest({ inviteSlug: slug }));
  await alice.next("members_changed");
  await alice.until((client) => client.status().queueDepth === 0);
  const group = await peer.group(id);
  limitFileSize("1");
  await expect(
    alice.client.send(id, { type: "text", text: "answer" }, { key: "answer" }),
  ).rejects.toMatchObject({ code: "state_unwritable" });
  await expect(alice.client.createConversation()).rejects.toMatchObject({
    code: "state_unwritable",
  });
  await group?.sendText("sent while it was full");
  await alice.until((client) => client.status().lastErrorCode === "state_unwritable");
  expect(alice.client.status().unhandled).toBe(0);
  limitFileSize("unlimited");
  expect(await alice.next("message")).toMatchObject({ text: "sent while it was full" });
  await alice.until((client) => client.status().connected);
  await alice.sendText(id, "answer");
  await expect
    .poll(async () => {
      await group?.sync();
      return (await group?.messages())?.map(({ content }) => content);
    })
    .toContain("answer");
  expect(alice.client.conversations()).toMatchObject([{ id, state: "active" }]);
});
