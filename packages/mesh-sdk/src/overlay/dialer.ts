import { Alarm } from "sdk-kit";
import { MeshError } from "../errors.ts";
import type { MeshLog, MeshTiming } from "../peer/types.ts";
import { computeRedialDelay } from "./backoff.ts";
import { parsePeerUrl } from "./dial.ts";

/** Addresses that are dialed at a time; a list may name more, and they wait for one that is dropped from it. */
const MAX_TARGETS = 64;
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
  #targets: ReadonlySet<string> = new Set();
  #signal: AbortSignal | undefined;

  constructor(deps: DialerDeps) {
    this.#deps = deps;
  }

  /** @param urls - The addresses from now on; links to others stay until they close. @throws MeshError `invalid_url`. */
  setTargets(urls: readonly string[]): void {
    const targets = urls.map((url) => parsePeerUrl(url).href);
    this.#targets = new Set(targets.slice(0, MAX_TARGETS));
    this.#reconcile();
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
    let failures = 0;
    while (!signal.aborted) {
      await this.#waitUntilGone(peerId, alarm, signal);
      if (signal.aborted) return;
      let result: DialResult | undefined;
      try {
        result = await this.#deps.connect(url, signal);
      } catch (error) {
        if (!(error instanceof MeshError)) throw error;
        if (signal.aborted) return;
        // Each failed try of each address would be a line a second: the first in a row says it.
        if (failures === 0) log.warn(`mesh: a peer cannot be reached: ${error.code}`);
      }
      peerId = result?.peerId ?? peerId;
      failures = (result?.readyForMs ?? 0) >= STABLE_MS ? 1 : failures + 1;
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
