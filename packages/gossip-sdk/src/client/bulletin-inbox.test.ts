import { expect, it } from "vitest";
import { openTestContext } from "../../test-support/client-context.ts";
import { native as crypto, person } from "../../test-support/people.ts";
import { createAnnouncement } from "../announcement/announcement.ts";
import { positionAt } from "../bulletin/position.ts";
import { createMemoryRelay } from "../transport/memory-relay.ts";
import { BulletinInbox } from "./bulletin-inbox.ts";

it("takes an announcement from the future when it is offered again after the clock was set", async () => {
  using context = await openTestContext(1, createMemoryRelay({ crypto }).createClient());
  const inbox = new BulletinInbox(context, {
    decide: () => Promise.resolve("accepted"),
    onReset: () => {},
    running: () => new AbortController().signal,
  });
  const { bytes } = createAnnouncement({
    identity: person(2),
    recipient: context.identity.publicKeys,
    userData: new Uint8Array(0),
    nowMs: context.nowMs + 600_000,
    crypto,
  });
  const item = { counter: 1n, data: bytes };
  await inbox.onPage([item], positionAt(item));
  expect([context.book.all().length, inbox.position().cursor]).toEqual([0, 1n]);
  context.nowMs += 600_000;
  await inbox.onPage([item], positionAt(item));
  expect(context.book.all()).toMatchObject([{ accepted: true }]);
});
