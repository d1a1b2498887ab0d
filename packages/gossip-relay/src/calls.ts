import type { BoardChecks } from "./board-checks.ts";
import type { BoardStore } from "./board-store.ts";
import { MAX_ANSWER_BYTES } from "./limits.ts";
import { RequestError } from "./request-error.ts";
import type { CallAnswer, CallInput, RelayRoute } from "./routes.ts";
import { createWireParsers, encodeBase64 } from "./wire.ts";

export interface CallOptions {
  readonly maxAnnouncementBytes: number;
  readonly maxValueBytes: number;
  /** Answer 409 to other bytes at a taken address. The official client would retry such an answer in vain. */
  readonly strict: boolean;
}

export type Calls = Readonly<Record<RelayRoute, (input: CallInput) => CallAnswer>>;

/**
 * The seven calls over a store, without HTTP (docs/protocol/gossip.md §9).
 *
 * @throws {@link RequestError} from each call for a request that is refused.
 */
export function createCalls(store: BoardStore, checks: BoardChecks, options: CallOptions): Calls {
  const wire = createWireParsers(options);
  return {
    auth({ body }) {
      const { value } = wire.auth(body);
      const userId = checks.userIdOfKeys(value);
      if (userId === undefined) {
        throw new RequestError(400, "bad_keys", "value: not a public key bundle");
      }
      store.putKeys(userId, value);
      return ok({ value: encodeBase64(userId) });
    },

    auth_retrieve({ body }) {
      const keys = store.getKeys(wire.authRetrieve(body).key);
      // Not 404: the official client retries that for 6 s, and takes an empty value as "not found" at once.
      return ok({ value: keys === undefined ? "" : encodeBase64(keys) });
    },

    bulletin_post({ body }) {
      return ok({ counter: String(store.appendAnnouncement(wire.bulletinPost(body).data)) });
    },

    bulletin_page({ query }) {
      const { after, limit } = wire.bulletinPage(query);
      const page = store.listAnnouncements(after, limit, MAX_ANSWER_BYTES);
      return ok(
        page.map(({ counter, data }) => ({ counter: String(counter), data: encodeBase64(data) })),
      );
    },

    bulletin_counter() {
      return ok({ counter: String(store.newestCounter()) });
    },

    messages_post({ body }) {
      const { key, value } = wire.messagesPost(body);
      if (!checks.isSignedBySeeker(key, value)) {
        throw new RequestError(400, "bad_signature", "value: not signed by the key behind `key`");
      }
      const result = store.putValue(key, value);
      if (result === "other" && options.strict) {
        throw new RequestError(409, "address_taken", "key: holds another value, the first stays");
      }
      return ok({ result: result === "other" ? "ignored" : result });
    },

    messages_fetch({ body }) {
      const asked = new Map(
        wire.messagesFetch(body).seekers.map((seeker) => [encodeBase64(seeker), seeker]),
      );
      const found = store.getValues(asked.values(), MAX_ANSWER_BYTES);
      return ok(
        found.map(({ seeker, value }) => ({
          key: encodeBase64(seeker),
          value: encodeBase64(value),
        })),
      );
    },
  };
}

function ok(body: unknown): CallAnswer {
  return { status: 200, body };
}
