import { afterEach, beforeEach, expect, it } from "vitest";
import { madeMessage, StoreFolder } from "../../test-support/made-messages.ts";
import { NOW_MS } from "../../test-support/people.ts";
import { createSentRing } from "../link/sent-ring.ts";
import type { MeshStore } from "../store/port.ts";
import { OwnNews, type ToldLink } from "./own-news.ts";

const ME = "m".repeat(43);
const HOUR_MS = 3_600_000;

let folder: StoreFolder;
let store: MeshStore;
let news: OwnNews;
let told: string[];
beforeEach(() => {
  folder = new StoreFolder();
  store = folder.open();
  told = [];
  news = new OwnNews({
    ownId: ME,
    store,
    interest: { isOwn: (channelId) => channelId !== "left" },
    clock: folder.clock,
    mayRead: (_link, channelId) => channelId !== "dm:a:b",
  });
});
afterEach(() => folder[Symbol.dispose]());

function linkWith(made: Partial<ToldLink> = {}): ToldLink {
  return {
    direction: "out",
    host: "relay.example",
    isOurs: false,
    provenPeerId: undefined,
    readyAtMs: NOW_MS,
    sent: createSentRing(10),
    sendEncoded: (frame) => {
      told.push(/"message_id":"([^"]+)"/u.exec(String(frame))?.[1] ?? "");
      return true;
    },
    ...made,
  };
}

function said(messageId: string, agoMs: number, made: Parameters<typeof madeMessage>[0] = {}) {
  const timestampMs = NOW_MS - agoMs;
  store.add([madeMessage({ messageId, senderId: ME, timestampMs, ...made })]);
}

it("tells what we have said within a day, in the order in which it was said", () => {
  said("later", HOUR_MS);
  said("too old", 24 * HOUR_MS);
  said("earlier", 20 * HOUR_MS, { channelId: "#dev" });

  news.tell(linkWith());

  expect(told).toEqual(["earlier", "later"]);
});

it("tells nothing of others, of channels that we have left, or of those that the relay may not read", () => {
  said("of another", HOUR_MS, { senderId: "o".repeat(43) });
  said("left", HOUR_MS, { channelId: "left" });
  said("plain", HOUR_MS, { channelId: "dm:a:b" });
  said("ours", HOUR_MS);

  news.tell(linkWith());

  expect(told).toEqual(["ours"]);
});

it("tells nothing to a peer of ours, which fetches, and to whoever has dialed in", () => {
  said("ours", HOUR_MS);

  news.tell(linkWith({ isOurs: true }));
  news.tell(linkWith({ direction: "in" }));

  expect(told).toEqual([]);
});

it("tells a link nothing twice, and the next link to the same relay what was said since", () => {
  said("heard", HOUR_MS);
  const first = linkWith();
  news.tell(first);
  news.tell(first);
  news.noteLoss(first);
  said("missed", 0);

  news.tell(linkWith());
  news.tell(linkWith({ host: "another.example" }));

  expect(told).toEqual(["heard", "missed", "heard", "missed"]);
});

it("takes a link that was never ready for none", () => {
  said("ours", HOUR_MS);
  news.noteLoss(linkWith({ readyAtMs: undefined }));

  news.tell(linkWith());

  expect(told).toEqual(["ours"]);
});

it("tells the newest 500 and no more", () => {
  store.add(
    Array.from({ length: 600 }, (_, n) =>
      madeMessage({ messageId: `n${n}`, senderId: ME, timestampMs: NOW_MS - HOUR_MS + n }),
    ),
  );

  news.tell(linkWith({ sent: createSentRing(1_000) }));

  expect([told.length, told[0], told.at(-1)]).toEqual([500, "n100", "n599"]);
});
