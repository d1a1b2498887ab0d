import { Alarm } from "sdk-kit";
import type { PrivateReach, ResolveHost } from "../bootstrap/address-guard.ts";
import { fetchList } from "../bootstrap/fetch-list.ts";
import type { Clock } from "../clock.ts";
import { MeshError, type MeshErrorCode } from "../errors.ts";
import { tryReadPeerId } from "../identity/peer-id.ts";
import { parsePeerUrl } from "../overlay/dial.ts";
import type { MeshStore } from "../store/port.ts";
import type { MeshLog } from "./types.ts";

/** After a list that could not be had, while there is none. */
const RETRY_MS = 30_000;

export interface ListKeeperOptions {
  readonly ownId: string;
  /** Addresses that the owner of the peer has named. */
  readonly fixed: readonly string[];
  readonly url: string | undefined;
  readonly signer: string | undefined;
  /** Where the list itself may be. */
  readonly reach: PrivateReach;
  readonly resolve: ResolveHost;
  readonly store: MeshStore;
  readonly clock: Clock;
  readonly log: MeshLog;
  readonly onTargets: (fixed: readonly string[], listed: readonly string[]) => void;
  readonly onError: (code: MeshErrorCode) => void;
}

/** Knows whom to dial: the addresses in the configuration, and those of a list that is fetched again and again. */
export class ListKeeper {
  readonly #options: ListKeeperOptions;
  readonly #fixed: readonly string[];
  readonly #url: URL | undefined;

  /** @throws MeshError `invalid_url` | `invalid_peer_id` (of the signer). */
  constructor(options: ListKeeperOptions) {
    const { fixed, onTargets, signer, url } = options;
    this.#options = options;
    this.#fixed = fixed.map((address) => parsePeerUrl(address).href);
    if (url !== undefined && !URL.canParse(url)) {
      throw new MeshError("invalid_url", "list address: expected https://");
    }
    this.#url = url === undefined ? undefined : new URL(url);
    if (signer !== undefined && tryReadPeerId(signer) === undefined) {
      throw new MeshError(
        "invalid_peer_id",
        "signer of the list: expected the 43 characters of a key",
      );
    }
    onTargets(this.#fixed, []);
  }

  /** Fetches the list at the start and at intervals. What cannot be had leaves the last one in force. */
  async run(signal: AbortSignal, intervalMs: number): Promise<void> {
    const url = this.#url;
    if (url === undefined) return;
    const alarm = new Alarm();
    let hasList = false;
    while (!signal.aborted) {
      const listed = await this.#tryFetch(url, signal);
      hasList ||= listed !== undefined;
      if (listed !== undefined) this.#options.onTargets(this.#fixed, listed);
      await alarm.sleep(hasList ? intervalMs : Math.min(RETRY_MS, intervalMs), signal);
    }
  }

  async #tryFetch(url: URL, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const { clock, log, onError, ownId, reach, resolve, signer, store } = this.#options;
    try {
      return await fetchList({
        url,
        signer,
        ownId,
        reach,
        resolve,
        notes: store,
        clock,
        signal,
      });
    } catch (error) {
      if (!(error instanceof MeshError)) throw error;
      if (signal.aborted) return undefined;
      log.warn(`mesh: the list of peers was not taken: ${error.code}`);
      onError(error.code);
      return undefined;
    }
  }
}
