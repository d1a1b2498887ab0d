import { Alarm } from "sdk-kit";
import { MeshError } from "../errors.ts";
import type { MeshLog, MeshTiming } from "../peer/types.ts";
import { computeRedialDelay } from "./backoff.ts";
import { parsePeerUrl } from "./dial.ts";

/** Addresses that are dialed at a time. A list may name more: they wait for one that fails, or is dropped from it. */
const MAX_TARGETS = 64;
/** After so many tries without a link that lasts an address of a list makes room for the next. */
const MAX_TRIES = 5;
/** A link that was ready for so long begins the back-off anew when it is lost. */
const STABLE_MS = 5_000;
/** An address that leads to ourselves is tried again as rarely as this: it may get another owner. */
const SELF_MS = 30 * 60_000;
const FOREVER_MS = 2 ** 31 - 1;

/** How a connection to an address went, told when it is over. */
export interface DialResult {
  readonly readyForMs: number;
  readonly isSelf: boolean;
  /** Who was there; undefined when nobody has proven to be. */
  readonly peerId: string | undefined;
}

export interface DialerDeps {
  /** Connects, and resolves when the connection is over. @throws MeshError when there never was one. */
  connect(url: URL, signal: AbortSignal): Promise<DialResult>;
  readonly hasLinkTo: (peerId: string) => boolean;
  readonly timing: MeshTiming;
  readonly random: () => number;
  readonly log: MeshLog;
}

/** Keeps one connection to each of a changing set of addresses, for ever: what is lost is dialed again, with back-off. */
export class Dialer {
  readonly #deps: DialerDeps;
  readonly #running = new Map<
    string,
    { stop: AbortController; alarm: Alarm; done: Promise<void> }
  >();
  /** Those of the owner of this peer, which keep their places. */
  #fixed: ReadonlySet<string> = new Set();
  /** Those of a list, in the order in which they stand in it. */
  #listed: ReadonlySet<string> = new Set();
  #targets: ReadonlySet<string> = new Set();
  /** When an address of a list had its last turn, as a number that grows; none for one that was never given up. */
  readonly #turns = new Map<string, number>();
  /** Failures in a row; kept while an address waits, so that the next turn begins as slowly as the last one has ended. */
  readonly #failures = new Map<string, number>();
  #lastTurn = 0;
  #signal: AbortSignal | undefined;

  constructor(deps: DialerDeps) {
    this.#deps = deps;
  }

  /**
   * Sets the addresses from now on.
   *
   * @param fixed - All of these are dialed, for ever.
   * @param listed - Of these as many as there is room for, by turns.
   * @throws MeshError `invalid_url`.
   */
  setTargets(fixed: readonly string[], listed: readonly string[] = []): void {
    const own = readAll(fixed);
    const others = readAll(listed);
    this.#fixed = own;
    this.#listed = others;
    for (const href of this.#turns.keys()) if (!this.#listed.has(href)) this.#turns.delete(href);
    for (const href of this.#failures.keys()) {
      if (!this.#listed.has(href) && !this.#fixed.has(href)) this.#failures.delete(href);
    }
    this.#choose();
  }

  /** Some link was lost: who waited for it may dial now. */
  noticeLoss(): void {
    for (const { alarm } of this.#running.values()) alarm.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    this.#reconcile();
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    this.#signal = undefined;
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort();
    await Promise.all(running.map(async ({ done }) => done));
  }

  /** Who is dialed already stays; the places that are free go to who was never tried, then to who has waited longest. */
  #choose(): void {
    const chosen = new Set(this.#fixed);
    const turnOf = (href: string): number => this.#turns.get(href) ?? 0;
    const waiting = [...this.#listed].toSorted((one, other) => turnOf(one) - turnOf(other));
    const staying = [...this.#targets].filter((href) => this.#listed.has(href));
    for (const href of [...staying, ...waiting]) {
      if (chosen.size >= MAX_TARGETS) break;
      chosen.add(href);
    }
    this.#targets = chosen;
    this.#reconcile();
  }

  /** Gives the place of an address to one that waits, if there is any; its dialing is then being stopped. */
  #makeRoom(href: string): void {
    const hasOthers = [...this.#listed].some((other) => !this.#targets.has(other));
    if (!hasOthers || this.#fixed.has(href) || !this.#targets.has(href)) return;
    this.#lastTurn += 1;
    this.#turns.set(href, this.#lastTurn);
    this.#targets = new Set([...this.#targets].filter((other) => other !== href));
    this.#choose();
  }

  #reconcile(): void {
    if (this.#signal === undefined) return;
    for (const [href, { stop }] of this.#running) if (!this.#targets.has(href)) stop.abort();
    for (const href of this.#targets) if (!this.#running.has(href)) this.#start(href);
  }

  #start(href: string): void {
    const stop = new AbortController();
    const alarm = new Alarm();
    const done = this.#keepDialing(new URL(href), alarm, stop.signal).finally(() => {
      this.#running.delete(href);
      // It may have been named again while it was ending.
      this.#reconcile();
    });
    this.#running.set(href, { stop, alarm, done });
  }

  async #keepDialing(url: URL, alarm: Alarm, signal: AbortSignal): Promise<void> {
    const { log, random, timing } = this.#deps;
    const range = { minMs: timing.redialMinMs, maxMs: timing.redialMaxMs };
    let peerId: string | undefined;
    let tries = 0;
    while (!signal.aborted) {
      await this.#waitUntilGone(peerId, alarm, signal);
      if (signal.aborted) return;
      let result: DialResult | undefined;
      const before = this.#failures.get(url.href) ?? 0;
      try {
        result = await this.#deps.connect(url, signal);
      } catch (error) {
        if (!(error instanceof MeshError)) throw error;
        if (signal.aborted) return;
        // Each failed try of each address would be a line a second: the first in a row says it.
        if (before === 0) log.warn(`mesh: a peer cannot be reached: ${error.code}`);
      }
      peerId = result?.peerId ?? peerId;
      const isStable = (result?.readyForMs ?? 0) >= STABLE_MS;
      const failures = isStable ? 1 : before + 1;
      this.#failures.set(url.href, failures);
      tries = isStable ? 0 : tries + 1;
      if (tries >= MAX_TRIES || result?.isSelf === true) this.#makeRoom(url.href);
      const delayMs =
        result?.isSelf === true ? SELF_MS : computeRedialDelay(failures, range, random());
      await new Alarm().sleep(delayMs, signal);
    }
  }

  /** While the peer behind an address is connected some other way, there is no reason to dial it. */
  async #waitUntilGone(
    peerId: string | undefined,
    alarm: Alarm,
    signal: AbortSignal,
  ): Promise<void> {
    if (peerId === undefined) return;
    while (!signal.aborted && this.#deps.hasLinkTo(peerId)) {
      await alarm.sleep(FOREVER_MS, signal);
    }
  }
}

function readAll(urls: readonly string[]): ReadonlySet<string> {
  return new Set(urls.map((url) => parsePeerUrl(url).href));
}
