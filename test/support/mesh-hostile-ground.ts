/** A mesh peer of ours as a process, two honest reference peers beside it, and whoever comes to harm it. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { IndependentMeshPeer } from "./independent-mesh-peer.ts";
import { independentKey } from "./independent-mesh-rules.ts";
import type { MeshEventReader, SeenEvent } from "./mesh-event-reader.ts";
import { MeshProcess } from "./mesh-process.ts";
import { type RawOptions, RawMeshPeer } from "./mesh-raw-peer.ts";

/** Connections of strangers come from here: the honest ones have an address of their own. */
const STRANGERS = "127.0.0.66";

export class HostileGround {
  victim: MeshProcess;
  events: MeshEventReader;
  readonly alice: IndependentMeshPeer;
  readonly bob: IndependentMeshPeer;
  readonly #strangers: RawMeshPeer[] = [];

  private constructor(parts: {
    readonly victim: MeshProcess;
    readonly events: MeshEventReader;
    readonly alice: IndependentMeshPeer;
    readonly bob: IndependentMeshPeer;
  }) {
    this.victim = parts.victim;
    this.events = parts.events;
    this.alice = parts.alice;
    this.bob = parts.bob;
  }

  static async open(folder: string): Promise<HostileGround> {
    const victim = await MeshProcess.start({ folder });
    const events = await victim.listen();
    const alice = await IndependentMeshPeer.start({ key: independentKey() });
    const bob = await IndependentMeshPeer.start({ key: independentKey() });
    const ground = new HostileGround({ victim, events, alice, bob });
    await ground.greet();
    return ground;
  }

  /** Connects the honest ones. */
  async greet(): Promise<void> {
    for (const peer of [this.alice, this.bob]) {
      const greeted = once(peer, "greeted");
      peer.dial(this.victim.url);
      await greeted;
    }
    await this.stillServes();
  }

  async stranger(options: RawOptions = {}): Promise<RawMeshPeer> {
    const stranger = await RawMeshPeer.connect(this.victim.url, {
      localAddress: STRANGERS,
      ...options,
    });
    this.#strangers.push(stranger);
    return stranger;
  }

  /**
   * A signed message of Alice reaches Bob over the victim, and the victim's own bot, proven.
   *
   * @returns What else the victim's bot and Bob heard since `since`.
   */
  async stillServes(since: { readonly events: number; readonly bob: number } = this.now()) {
    const body = `honest ${randomUUID()}`;
    this.alice.publish("lobby", body);
    const [event] = await Promise.all([
      this.events.until((seen) => seen.body === body),
      this.#bobHears(body),
    ]);
    if (!event.verified || event.from !== this.alice.peerId) throw new Error("not proven");
    const isOther = (other: { readonly body: unknown }): boolean => other.body !== body;
    return {
      events: this.events.seen.slice(since.events).filter(isOther),
      bob: this.#heardByBob.slice(since.bob).filter(isOther),
    };
  }

  /** To be given to {@link stillServes}: what was heard before does not count. */
  now(): { readonly events: number; readonly bob: number } {
    this.#watchBob();
    return { events: this.events.seen.length, bob: this.#heardByBob.length };
  }

  /** Strangers leave; the victim lives. */
  async sendStrangersAway(): Promise<void> {
    const leaving = this.#strangers.splice(0);
    for (const stranger of leaving) stranger.end();
    await Promise.all(leaving.map((stranger) => stranger.closed()));
    if (!this.victim.isAlive) throw new Error("the peer has ended");
  }

  async restartVictim(): Promise<readonly SeenEvent[]> {
    await this.events.close();
    this.victim = await this.victim.restart();
    this.events = await this.victim.listen();
    await this.greet();
    return this.events.seen;
  }

  async close(): Promise<void> {
    for (const stranger of this.#strangers) stranger.end();
    await this.events.close();
    await Promise.all([this.alice.close(), this.bob.close(), this.victim.stop()]);
  }

  readonly #heardByBob: { readonly body: unknown }[] = [];
  #isWatched = false;

  #watchBob(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.bob.on("message", (message) => this.#heardByBob.push({ body: message.body }));
  }

  async #bobHears(body: string): Promise<void> {
    this.#watchBob();
    while (!this.#heardByBob.some((message) => message.body === body)) {
      await once(this.bob, "message");
    }
  }
}
