import { expect, it } from "vitest";
import { TextInbox } from "../../scripts/start/text-inbox.ts";

const from = (name: string) => (message: { from: string }) => message.from === name;

it("gives each text to one wait only, in order", async () => {
  const inbox = new TextInbox();
  inbox.add({ from: "bot", text: "one" });
  const second = inbox.take(from("other"), 1000);
  await expect(inbox.take(from("bot"), 1000)).resolves.toMatchObject({ text: "one" });
  const third = inbox.take(from("bot"), 1000);
  inbox.add({ from: "bot", text: "two" });
  inbox.add({ from: "other", text: "hello" });
  await expect(second).resolves.toMatchObject({ text: "hello" });
  await expect(third).resolves.toMatchObject({ text: "two" });
});

it("tells what came instead when the time is up", async () => {
  const inbox = new TextInbox();
  inbox.add({ from: "bot", text: "something else" });
  await expect(inbox.take(from("other"), 5)).rejects.toMatchObject({
    code: "deadline",
    message: expect.stringContaining("something else"),
  });
});

it("fails open and later waits when nothing more can come", async () => {
  const inbox = new TextInbox();
  const open = inbox.take(from("bot"), 1000);
  inbox.fail(new Error("closed"));
  await expect(open).rejects.toThrow("closed");
  await expect(inbox.take(from("bot"), 1000)).rejects.toThrow("closed");
});
