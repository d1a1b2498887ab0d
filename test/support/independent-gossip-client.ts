/**
 * A Gossip client written from docs/protocol/gossip.md section 9 alone, for tests only. On HTTP it behaves as the official
 * client is said to: the same paths and bodies, three attempts, 2 s and 4 s apart, whatever went wrong.
 */
import { randomBytes } from "@noble/hashes/utils.js";
import { base64 } from "@scure/base";
import {
  attempt,
  awaitedSeeker,
  buildAnnouncement,
  type Bytes,
  type Content,
  createSession,
  decodeContent,
  decodeUserData,
  decrypt,
  deriveIdentity,
  encodeContent,
  encodeUserData,
  encrypt,
  formatUserId,
  type Identity,
  type Incoming,
  openAnnouncement,
  type Outgoing,
  parseUserId,
  type Peer,
  Reader,
  readPeer,
  type Session,
} from "./independent-gossip-protocol.ts";

interface Contact {
  readonly peer: Peer;
  incoming?: Incoming;
  outgoing?: Outgoing;
  session?: Session;
}

export interface Announced {
  readonly from: string;
  readonly username?: string;
  readonly message?: string;
}

export interface Received extends Content {
  readonly from: string;
}

export interface IndependentClientOptions {
  readonly mnemonic: string;
  /** Including `/api`. */
  readonly baseUrl: string;
  /** Waits 2 s and 4 s between the three attempts; tests pass a shorter one. */
  readonly wait?: (ms: number) => Promise<void>;
  readonly now?: () => number;
}

const MAX_AGE_MS = 604_800_000;
const MAX_FUTURE_MS = 60_000;

/** One person on the network, with everything in memory. */
export class IndependentGossipClient {
  readonly userId: string;
  readonly #me: Identity;
  readonly #baseUrl: string;
  readonly #wait: (ms: number) => Promise<void>;
  readonly #now: () => number;
  readonly #contacts = new Map<string, Contact>();
  #cursor = "0";

  constructor(options: IndependentClientOptions) {
    this.#me = deriveIdentity(options.mnemonic);
    this.userId = formatUserId(this.#me.id);
    this.#baseUrl = options.baseUrl;
    this.#wait = options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    this.#now = options.now ?? Date.now;
  }

  get publicKeys(): Bytes {
    return this.#me.bundle;
  }

  /** Logs in as a new account does: publishes the keys and skips the bulletin's past. */
  async register(): Promise<void> {
    await this.#request("POST", "/auth", { value: base64.encode(this.#me.bundle) });
    const newest = await this.#request("GET", "/bulletin/counter");
    this.#cursor = readText(newest, "counter");
  }

  /** Sends an announcement; the first makes a contact request, the answer to one accepts it. */
  async announce(to: string, username = "", message = ""): Promise<string> {
    const contact = this.#contacts.get(to) ?? { peer: await this.#lookUp(to) };
    const userData = encodeUserData(username, message);
    const { bytes, outgoing } = buildAnnouncement(this.#me, contact.peer, userData, this.#now());
    contact.outgoing = outgoing;
    if (contact.incoming) contact.session = createSession(outgoing, contact.incoming);
    this.#contacts.set(to, contact);
    const answer = await this.#request("POST", "/bulletin", { data: base64.encode(bytes) });
    return readText(answer, "counter");
  }

  /** Reads one page of the bulletin. @returns the announcements that were for us. */
  async pollAnnouncements(): Promise<Announced[]> {
    const page = await this.#request("GET", `/bulletin?limit=500&after=${this.#cursor}`);
    const announced: Announced[] = [];
    for (const item of readList(page)) {
      this.#cursor = readText(item, "counter");
      const opened = attempt(() =>
        openAnnouncement(this.#me, base64.decode(readText(item, "data"))),
      );
      if (opened === undefined || !this.#isTimely(opened.incoming.ts)) continue;
      const from = formatUserId(opened.peer.id);
      const contact = this.#contacts.get(from) ?? { peer: opened.peer };
      if (contact.incoming && opened.incoming.ts <= contact.incoming.ts) continue;
      contact.incoming = opened.incoming;
      if (contact.outgoing) contact.session = createSession(contact.outgoing, opened.incoming);
      this.#contacts.set(from, contact);
      announced.push({ from, ...attempt(() => decodeUserData(opened.userData)) });
    }
    return announced;
  }

  /** Whether both announcements were exchanged. */
  hasSession(peer: string): boolean {
    return this.#contacts.get(peer)?.session !== undefined;
  }

  /** @returns the message id. */
  sendText(to: string, text: string): Promise<Bytes> {
    return this.send(to, { type: 0, text });
  }

  /** @returns the message id. */
  async send(to: string, content: Omit<Content, "messageId">): Promise<Bytes> {
    const contact = this.#contacts.get(to);
    if (contact?.session === undefined) throw new Error("no session");
    const messageId = randomBytes(12);
    const contents = encodeContent({ ...content, messageId });
    const { seeker, data } = encrypt(contact.session, contact.peer, contents, this.#now());
    const body = { key: base64.encode(seeker), value: base64.encode(data) };
    await this.#request("POST", "/messages/", body);
    return messageId;
  }

  /** Reads the board until no address moves. */
  async pollMessages(): Promise<Received[]> {
    const received: Received[] = [];
    for (let round = 0; round < 30; round++) {
      const awaited = new Map<string, string>();
      for (const [from, { session }] of this.#contacts) {
        if (session) awaited.set(base64.encode(awaitedSeeker(session)), from);
      }
      const body = { seekers: [...awaited.keys()] };
      // The next addresses are inside the messages.
      const found = readList(await this.#request("POST", "/messages/fetch", body));
      for (const item of found) {
        const key = readText(item, "key");
        const from = awaited.get(key) ?? "";
        const session = this.#contacts.get(from)?.session;
        if (session === undefined) continue;
        const value = base64.decode(readText(item, "value"));
        received.push({
          from,
          ...decodeContent(decrypt(session, this.#me, base64.decode(key), value)),
        });
      }
      if (found.length === 0) break;
    }
    return received;
  }

  /** Own messages that the peer has not acknowledged by a message of its own. */
  unacknowledged(peer: string): number {
    const session = this.#contacts.get(peer)?.session;
    const newest = session?.history.at(-1)?.height ?? 1;
    return newest - Math.max(session?.peer.ourParent ?? 1, 1);
  }

  async #lookUp(userId: string): Promise<Peer> {
    const body = { key: base64.encode(parseUserId(userId)) };
    const value = readText(await this.#request("POST", "/auth/retrieve", body), "value");
    if (value === "") throw new Error("Public key not found");
    return readPeer(new Reader(base64.decode(value)));
  }

  #isTimely(ts: number): boolean {
    return ts >= this.#now() - MAX_AGE_MS && ts <= this.#now() + MAX_FUTURE_MS;
  }

  /** Three attempts in all, 2 s and 4 s apart, whatever went wrong. */
  async #request(method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
    let failure = new Error("not tried");
    for (const waitMs of [0, 2000, 4000]) {
      // Attempts follow each other.
      if (waitMs > 0) await this.#wait(waitMs);
      try {
        const response = await fetch(this.#baseUrl + path, {
          method,
          signal: AbortSignal.timeout(10_000),
          ...(body && {
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(body),
          }),
        });
        const text = await response.text();
        if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
        return JSON.parse(text);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
    }
    throw failure;
  }
}

function readText(value: unknown, name: string): string {
  const text: unknown = value instanceof Object ? Reflect.get(value, name) : undefined;
  if (typeof text !== "string") throw new Error(`${name} is missing`);
  return text;
}

function readList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error("expected a list");
  return value;
}
