import { equalBytes } from "@noble/ciphers/utils.js";
import {
  createAnnouncement,
  openAnnouncement,
  rejectForeignAnnouncement,
} from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import type { CryptoProvider } from "../../packages/gossip-sdk/src/crypto/provider.ts";
import { parsePublicKeys } from "../../packages/gossip-sdk/src/identity/public-keys.ts";
import * as baseline from "../baseline/gossip.ts";
import { compare, createTurn } from "../measure.ts";
import { createHeldResult } from "../records.ts";
import type { BenchResult } from "../records.ts";
import { createPerson } from "./people.ts";
import { rawAnnouncementCreate, rawAnnouncementParse, rawBulletinScan } from "./raw.ts";

const BATCH = 8;
const USER_DATA = new TextEncoder().encode("a contact request");

/** bulletin-scan, announcement-parse and announcement-create. */
export function benchAnnouncements(crypto: CryptoProvider): BenchResult[] {
  return [benchScan(crypto), benchParse(crypto), benchCreate(crypto)];
}

/** An announcement that is not for us: what nearly all of the public bulletin is. */
function benchScan(crypto: CryptoProvider): BenchResult {
  const [me, sender, other] = ["me", "sender", "other"].map((name) => createPerson(name, crypto));
  if (me === undefined || sender === undefined || other === undefined) throw new RangeError();
  const next = foreignAnnouncements(sender.plain, other.plain.publicKeys);
  const key = { kemSecret: me.sdk.secrets.kem, kemPublicKey: me.sdk.publicKeys.kemPublicKey };
  const times = compare({
    baseline: createTurn("bulletin-scan baseline", BATCH, {
      prepare: next,
      run: (bytes) => baseline.openAnnouncement(me.plain, bytes),
      check: (opened) => opened === undefined,
    }),
    ours: createTurn("bulletin-scan", BATCH, {
      prepare: next,
      run: (bytes) => rejectForeignAnnouncement(key, bytes, crypto),
      // The recipient must not lose what we reject: the early check is asked the other way round too.
      check: (isForeign, bytes) =>
        isForeign &&
        !rejectForeignAnnouncement(
          {
            kemSecret: other.sdk.secrets.kem,
            kemPublicKey: other.sdk.publicKeys.kemPublicKey,
          },
          bytes,
          crypto,
        ),
    }),
    raw: createTurn("bulletin-scan raw", BATCH, {
      prepare: next,
      run: rawBulletinScan,
      check: Boolean,
    }),
    rounds: 100,
    warmUpRounds: 30,
  });
  return createHeldResult("bulletin-scan", times, 4);
}

/** An announcement for us: opened, both signatures verified, the sender identified. */
function benchParse(crypto: CryptoProvider): BenchResult {
  const me = createPerson("me", crypto);
  const sender = createPerson("sender", crypto);
  const next = foreignAnnouncements(sender.plain, me.plain.publicKeys);
  const times = compare({
    baseline: createTurn("announcement-parse baseline", BATCH, {
      prepare: next,
      run: (bytes) => baseline.openAnnouncement(me.plain, bytes),
      check: (opened) =>
        opened !== undefined &&
        equalBytes(opened.request.sender.userId, sender.plain.publicKeys.userId) &&
        equalBytes(opened.userData, USER_DATA),
    }),
    ours: createTurn("announcement-parse", BATCH, {
      prepare: next,
      run: (bytes) => openAnnouncement({ identity: me.sdk, bytes, crypto }),
      check: (opened) =>
        opened?.sender.userId === sender.sdk.userId && equalBytes(opened.userData, USER_DATA),
    }),
    raw: createTurn("announcement-parse raw", BATCH, {
      prepare: next,
      run: rawAnnouncementParse,
      check: Boolean,
    }),
    rounds: 60,
    warmUpRounds: 15,
  });
  return createHeldResult("announcement-parse", times, 4);
}

/** An announcement of ours to somebody whose keys we have just fetched. */
function benchCreate(crypto: CryptoProvider): BenchResult {
  const me = createPerson("me", crypto);
  const peer = createPerson("peer", crypto);
  const isRight = (bytes: Uint8Array): boolean => {
    const opened = openAnnouncement({ identity: peer.sdk, bytes, crypto });
    return opened?.sender.userId === me.sdk.userId && equalBytes(opened.userData, USER_DATA);
  };
  const opensInYardstick = (bytes: Uint8Array): boolean =>
    baseline.openAnnouncement(peer.plain, bytes) !== undefined;
  const times = compare({
    baseline: createTurn("announcement-create baseline", BATCH, {
      prepare: () => peer.plain.publicKeys,
      run: (recipient) =>
        baseline.createAnnouncement(me.plain, recipient, USER_DATA, Date.now()).bytes,
      check: isRight,
    }),
    ours: createTurn("announcement-create", BATCH, {
      prepare: () => parsePublicKeys(peer.plain.publicKeys.bytes),
      run: (recipient) =>
        createAnnouncement({
          identity: me.sdk,
          recipient,
          userData: USER_DATA,
          nowMs: Date.now(),
          crypto,
        }).bytes,
      check: (bytes, _recipient, slot) => isRight(bytes) && (slot > 0 || opensInYardstick(bytes)),
    }),
    raw: createTurn("announcement-create raw", BATCH, {
      prepare: () => peer.plain.publicKeys,
      run: rawAnnouncementCreate,
      check: Boolean,
    }),
    // ML-DSA rejects and retries a random number of times: the median needs many samples.
    rounds: 90,
    warmUpRounds: 15,
  });
  return createHeldResult("announcement-create", times, 7);
}

/** Different bytes every time, from a stock that is large enough to be cold. */
function foreignAnnouncements(
  sender: baseline.BaselineIdentity,
  recipient: baseline.BaselinePublicKeys,
): () => Uint8Array {
  const stock = Array.from(
    { length: 64 },
    () => baseline.createAnnouncement(sender, recipient, USER_DATA, Date.now()).bytes,
  );
  let index = 0;
  return () => stock[index++ % stock.length] ?? new Uint8Array();
}
