import { afterEach, beforeEach, expect, it } from "vitest";
import { type ClientOnDisk, openClientOnDisk } from "../../test-support/client-on-disk.ts";
import { ConvosError } from "../errors.ts";
import type { OwnTraffic } from "../xmtp/port.ts";
import { findNewerTraffic } from "./older-state.ts";

const { signal } = new AbortController();
const MARKS = ["aa", "bb", "cc", "dd"];

let client: ClientOnDisk;
/** What the network has from us, by mark, in the order of its positions. */
let sent: string[];
/** How many of ours are stored here. */
let stored: number;
/** How many of them the network has not acknowledged. */
let waiting: number;
/** Messages that a look reads. */
let page: number;
/** Others write too fast for a count of ours. */
let isFlooded: boolean;

beforeEach(() => {
  client = openClientOnDisk({ clock: { now: () => 0 }, groupId: "ab".repeat(16) });
  [sent, stored, waiting, page, isFlooded] = [[], 0, 0, 100, false];
});
afterEach(() => client.close());

it("finds nothing newer while everything on the network is stored here, sent or not", async () => {
  expect(await look()).toBeUndefined();
  send("aa", "bb");
  stored += 1;
  waiting = 1;
  expect(await look()).toBeUndefined();
  sent.push("cc");
  waiting = 0;
  expect(await look()).toBeUndefined();
});

it("finds the newest message that is not stored here, again and again until something is done", async () => {
  send("aa");
  expect(await look()).toBeUndefined();
  sent.push("bb", "cc");
  expect(await look()).toBe(3n);
  expect(await look()).toBe(3n);
});

it("finds the newest one behind everything that one look reads", async () => {
  page = 2;
  sent.push(...MARKS, "ee");
  expect(await look()).toBe(5n);
});

it("takes messages that somebody puts on the network a second time for what they are", async () => {
  send(...MARKS);
  expect(await look()).toBeUndefined();
  sent.push(...MARKS, ...MARKS);
  expect(await look()).toBeUndefined();
  sent.push("aa", "aa", "ee");
  expect(await look()).toBe(15n);
});

it("looks through what one look does not read, and goes on there the next time", async () => {
  page = 1;
  send(...MARKS);
  expect(await look()).toBeUndefined();
  expect(client.context.book.get(client.conversation).record.witness).toEqual({
    installationId: "first",
    position: "4",
    found: 0,
    stored: 4,
    waiting: 0,
  });
});

it("takes a message that the library sent a second time for no newer one", async () => {
  send("aa");
  sent.push("aa again");
  expect(await look()).toBeUndefined();
  sent.push("bb");
  expect(await look()).toBe(3n);
});

it("expects a message that was on its way, however often the process dies before it is acknowledged", async () => {
  stored = 1;
  waiting = 1;
  expect(await look()).toBeUndefined();
  for (const mark of MARKS) {
    sent.push(mark);
    expect(await look()).toBeUndefined();
  }
  waiting = 0;
  expect(await look()).toBeUndefined();
  sent.push("ee");
  expect(await look()).toBe(5n);
});

it("expects a message that is prepared and sent while a look is on", async () => {
  send("aa");
  expect(await look("first", () => (stored += 1))).toBeUndefined();
  sent.push("bb");
  expect(await look()).toBeUndefined();
  sent.push("cc", "cc again");
  expect(await look()).toBe(4n);
});

it("says nothing while ours cannot be counted, and all of it with the next look that can", async () => {
  send("aa");
  expect(await look()).toBeUndefined();
  sent.push("bb");
  isFlooded = true;
  expect(await look()).toBeUndefined();
  isFlooded = false;
  expect(await look()).toBe(2n);
});

it("does not expect again what an earlier look has found", async () => {
  send(...MARKS);
  expect(await look()).toBeUndefined();
  sent.push("ee");
  expect(await look()).toBe(5n);
});

it("begins to count again with another installation, whose marks are others", async () => {
  send(...MARKS);
  await look();
  stored = 0;
  expect(await look("second")).toBeUndefined();
  sent.push("ee");
  expect(await look("second")).toBe(5n);
});

it("says nothing when the network does not tell, and throws when it cannot be reached", async () => {
  const { context, conversation } = client;
  const refused = findNewerTraffic(context, conversation, failing("xmtp_failed"), {
    installationId: "first",
    signal,
  });
  expect(await refused).toBeUndefined();
  const cut = findNewerTraffic(context, conversation, failing("network_unreachable"), {
    installationId: "first",
    signal,
  });
  await expect(cut).rejects.toMatchObject({ code: "network_unreachable" });
});

function failing(code: "network_unreachable" | "xmtp_failed") {
  return {
    countOwn: () => Promise.resolve(0),
    countUnacknowledged: () => Promise.resolve(0),
    ownTraffic: () => Promise.reject(new ConvosError(code, "test")),
  };
}

function send(...marks: string[]): void {
  sent.push(...marks);
  stored += marks.length;
}

/** @param meanwhile - What happens here while the network answers. */
function look(
  installationId = "first",
  meanwhile: () => void = () => {},
): Promise<bigint | undefined> {
  const { context, conversation } = client;
  const chat = {
    countOwn: () => Promise.resolve(isFlooded ? undefined : stored),
    countUnacknowledged: () => Promise.resolve(waiting),
    ownTraffic: (after: string): Promise<OwnTraffic> => {
      const from = Number(after);
      const messages = sent
        .slice(from, from + page)
        .map((mark, index) => ({ mark, sentAtNs: BigInt(from + index + 1) }));
      const position = String(from + messages.length);
      meanwhile();
      return Promise.resolve({ position, messages, isWhole: messages.length < page });
    },
  };
  return findNewerTraffic(context, conversation, chat, { installationId, signal });
}
