import { beforeEach, expect, it } from "vitest";
import { createDeviceWatch, DEVICE_RECORD, type DeviceWatch } from "./device-watch.ts";
import { createChatStrings } from "./strings.ts";

const HOME = "0a".repeat(16);
const ROOM = "0b".repeat(16);
const BOB = "b2".repeat(32);
const PHONE = "01".repeat(32);
const TABLET = "02".repeat(32);

let disk: typeof DEVICE_RECORD.empty;
let devices: string[];
let joined: string[];
let sent: { queueId: string; target: string; text: string }[];
let isOffline: boolean;

beforeEach(() => {
  disk = DEVICE_RECORD.empty;
  devices = [PHONE];
  joined = [HOME, ROOM];
  sent = [];
  isOffline = false;
});

/** As after a start of the account. */
function start(): DeviceWatch {
  return createDeviceWatch({
    record: {
      read: () => disk,
      write: (value) => void (disk = DEVICE_RECORD.parse(JSON.parse(JSON.stringify(value)))),
    },
    members: { devicesOf: async () => devices, nameOf: async () => "Bob" },
    connection: {
      ended: () => (joined.includes(ROOM) ? [] : [ROOM]),
      conversations: () =>
        joined.map((id) => ({
          id,
          name: "Family",
          inboxId: "us",
          memberCount: 3,
          joinedAtMs: 0,
          isCreator: false,
        })),
    },
    outbox: {
      send: async ({ body, queueId, target }) => {
        if (isOffline) throw new Error("offline");
        sent.push({ queueId, target, text: "text" in body ? body.text : "" });
        return { nativeId: "n", isReplay: false };
      },
    },
    ownerConversation: () => HOME,
    readStrings: () => createChatStrings(),
  });
}

it("names a device that somebody did not have before, once, over restarts too", async () => {
  const bob = { conversationId: ROOM, senderId: BOB };
  await start().look(bob);
  expect(sent).toEqual([]);
  devices = [PHONE, TABLET];
  await start().look(bob);
  await start().look(bob);
  expect(sent).toMatchObject([{ target: HOME, text: expect.stringContaining("Bob (b2b2b2)") }]);
  expect(sent[0]?.text).toContain("remove b2b2b2");
  devices = [PHONE];
  await start().look(bob);
  devices = [TABLET];
  await start().look(bob);
  expect(sent).toHaveLength(1);
});

it("tells it later when it could not be sent, as the same message", async () => {
  const bob = { conversationId: ROOM, senderId: BOB };
  await start().look(bob);
  devices = [PHONE, TABLET];
  isOffline = true;
  await expect(start().look(bob)).rejects.toThrow("offline");
  isOffline = false;
  await start().look(bob);
  expect(sent.map(({ queueId }) => queueId)).toEqual([`device/${BOB}/${TABLET.slice(0, 16)}`]);
});

it("forgets people with their conversation, and knows nothing of direct messages", async () => {
  await start().look({ conversationId: ROOM, senderId: BOB });
  joined = [HOME];
  await start().look({ conversationId: HOME, senderId: BOB });
  expect(Object.keys(disk.people)).toEqual([HOME]);
  devices = [];
  await start().look({ conversationId: HOME, senderId: PHONE });
  expect(Object.keys(disk.people[HOME] ?? {})).toEqual([BOB]);
});
