import type { Clock } from "../clock.ts";
import type { GossipError, GossipErrorCode } from "../errors.ts";
import type { RelayTraffic } from "../transport/relay-client.ts";
import type { GossipLog } from "./types.ts";

/** A clock that is further off than this makes peers drop what we send (docs/protocol/gossip.md section 7). */
const MAX_CLOCK_OFFSET_MS = 30_000;

interface RelayFacts {
  readonly url: string;
  readonly traffic: RelayTraffic;
  readonly clockOffsetMs: number | undefined;
}

/** What the client does with its relay; each part can work while another does not. */
export type RelayPart = "keys" | "bulletin" | "board" | "announcements" | "messages";

/** How it goes with the relay, as far as an operator wants to know; logs the changes. */
export class RelayHealth {
  lastPollAtMs: number | undefined;
  keysPublishedAtMs: number | undefined;
  readonly #relay: RelayFacts;
  readonly #clock: Clock;
  readonly #log: GossipLog;
  readonly #onChange: () => void;
  readonly #failing = new Map<RelayPart, GossipErrorCode>();
  #answered = false;
  /** As of the last exchange. */
  #wasConnected = false;
  #clockWarned = false;
  #day = "";
  #bytesBefore: RelayTraffic = { bytesIn: 0, bytesOut: 0 };

  constructor(deps: { relay: RelayFacts; clock: Clock; log: GossipLog; onChange: () => void }) {
    this.#relay = deps.relay;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#onChange = deps.onChange;
  }

  /** The relay has answered, it has our keys, without which nobody can ask us to talk, and no part of our work fails. */
  get connected(): boolean {
    return this.#answered && this.keysPublishedAtMs !== undefined && this.#failing.size === 0;
  }

  get lastErrorCode(): GossipErrorCode | undefined {
    return [...this.#failing.values()].at(-1);
  }

  worked(part: RelayPart): void {
    this.#answered = true;
    this.#failing.delete(part);
    if (part === "board" || part === "bulletin") this.lastPollAtMs = this.#clock.now();
    if (!this.#wasConnected && this.connected) {
      this.#log.info(`connected relay=${this.#relay.url}`);
    }
    this.#wasConnected = this.connected;
    this.#checkClock();
    this.#onChange();
  }

  failed(part: RelayPart, error: GossipError): void {
    if (this.#failing.get(part) !== error.code) {
      this.#log.warn(`${part}: ${error.code}, trying again: ${error.message}`);
    }
    this.#failing.delete(part);
    this.#failing.set(part, error.code);
    this.#wasConnected = false;
    this.#onChange();
  }

  /** Since midnight UTC, or since the start of this client if that was later. */
  bytesToday(): { in: number; out: number } {
    const { bytesIn, bytesOut } = this.#relay.traffic;
    const day = new Date(this.#clock.now()).toISOString().slice(0, 10);
    if (day !== this.#day) {
      if (this.#day !== "") this.#bytesBefore = { bytesIn, bytesOut };
      this.#day = day;
    }
    return { in: bytesIn - this.#bytesBefore.bytesIn, out: bytesOut - this.#bytesBefore.bytesOut };
  }

  #checkClock(): void {
    const offsetMs = this.#relay.clockOffsetMs ?? 0;
    const isOff = Math.abs(offsetMs) > MAX_CLOCK_OFFSET_MS;
    if (isOff && !this.#clockWarned) {
      this.#log.warn(
        `the local clock differs from the relay's by ${Math.round(offsetMs / 1000)} s: set it, or peers drop messages`,
      );
    }
    this.#clockWarned = isOff;
  }
}
