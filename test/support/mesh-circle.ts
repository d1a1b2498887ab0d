/** Mesh peers of ours in this process, each in a folder of its own, for tests. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type MeshEvent,
  type MeshKey,
  meshKeyFromSeed,
  MeshPeer,
  type MeshPeerOptions,
} from "mesh-sdk";

/** Times of a test: a lost neighbor is dialed again within a tenth of a second or two. */
const QUICK = { redialMinMs: 50, redialMaxMs: 200, handshakeMs: 2_000, pingMs: 1_000 } as const;

export interface MemberOptions extends Partial<Omit<MeshPeerOptions, "key" | "folder">> {
  /** 32 bytes in hex; default random. */
  readonly seed?: string;
  /** Default true. */
  readonly marksHandled?: boolean;
}

/** A peer that runs, and what has come to it. */
export class Member {
  readonly key: MeshKey;
  readonly folder: string;
  readonly received: MeshEvent[] = [];
  readonly #options: MemberOptions;
  readonly #watchers = new Set<() => void>();
  #peer: MeshPeer | undefined;
  #stop = new AbortController();
  #work: Promise<unknown> = Promise.resolve();

  constructor(key: MeshKey, folder: string, options: MemberOptions) {
    this.key = key;
    this.folder = folder;
    this.#options = options;
  }

  get peer(): MeshPeer {
    if (this.#peer === undefined) throw new Error("this member is not running");
    return this.#peer;
  }

  get id(): string {
    return this.key.peerId;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.peer.status().listeningPort}`;
  }

  async start(changes: MemberOptions = {}): Promise<this> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const peer = await MeshPeer.open({
      allowPrivateAddresses: true,
      ...this.#options,
      ...changes,
      timing: { ...QUICK, ...this.#options.timing, ...changes.timing },
      key: this.key,
      folder: this.folder,
    });
    this.#peer = peer;
    peer.onStatusChange(() => this.#tell());
    this.#work = Promise.all([peer.run({ signal }), this.#read(peer, signal)]);
    // Whoever stops this member hears of it; until then it must not end the process.
    this.#work.catch(() => this.#tell());
    if (this.#options.listen !== undefined) {
      await this.until(() => peer.status().listeningPort !== undefined);
    }
    return this;
  }

  /** Ends the peer, and fails when its run has failed. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#peer?.close();
    this.#peer = undefined;
    await this.#work;
  }

  /** Resolves when something holds, looking whenever anything has changed here. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const failed = this.#work.then(() => promise);
      this.#watchers.add(resolve);
      await Promise.race([promise, failed]);
      this.#watchers.delete(resolve);
    }
  }

  /** The first event with this body, now or later. */
  async hears(body: string): Promise<MeshEvent> {
    await this.until(() => this.received.some((event) => event.body === body));
    const event = this.received.find((candidate) => candidate.body === body);
    if (event === undefined) throw new Error("an event has gone again");
    return event;
  }

  /** Bodies that came, in order. */
  get bodies(): string[] {
    return this.received.map(({ body }) => body);
  }

  async #read(peer: MeshPeer, signal: AbortSignal): Promise<void> {
    for await (const event of peer.events({ signal })) {
      this.received.push(event);
      if (this.#options.marksHandled !== false) peer.markHandled(event.id);
      this.#tell();
    }
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** Makes members, and ends them all. */
export class MeshCircle implements AsyncDisposable {
  readonly #root = mkdtempSync(path.join(tmpdir(), "mesh-circle-"));
  readonly #members: Member[] = [];

  /** A member that runs; with `listen` unless told otherwise. */
  async add(options: MemberOptions = {}): Promise<Member> {
    return this.prepare({ listen: { port: 0 }, ...options }).start();
  }

  /** A member that was not started yet. */
  prepare(options: MemberOptions = {}): Member {
    const folder = path.join(this.#root, String(this.#members.length));
    const seed = options.seed === undefined ? randomBytes(32) : Buffer.from(options.seed, "hex");
    const member = new Member(meshKeyFromSeed(seed), folder, options);
    this.#members.push(member);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(async (member) => member.stop()));
    rmSync(this.#root, { recursive: true, force: true });
  }
}
