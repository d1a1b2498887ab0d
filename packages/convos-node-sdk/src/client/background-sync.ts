/** Asks the network beside everything else: a slow one must not hold up what the stream brings. */
export class BackgroundSync {
  readonly #sync: () => Promise<void>;
  readonly #onSettled: () => void;
  #state: "idle" | "running" | "done" = "idle";
  #failure: { readonly error: unknown } | undefined;

  /** @param onSettled - Called when a sync has ended, either way. */
  constructor(sync: () => Promise<void>, onSettled: () => void) {
    this.#sync = sync;
    this.#onSettled = onSettled;
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Begins a sync unless one is on. */
  begin(): void {
    if (this.#state !== "idle") return;
    this.#state = "running";
    void this.#run();
  }

  /**
   * Whether a sync has ended since the last call.
   *
   * @throws What the sync failed with.
   */
  takeDone(): boolean {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#state !== "done") return false;
    this.#state = "idle";
    return true;
  }

  async #run(): Promise<void> {
    try {
      await this.#sync();
      this.#state = "done";
    } catch (error) {
      this.#failure = { error };
    }
    this.#onSettled();
  }
}
