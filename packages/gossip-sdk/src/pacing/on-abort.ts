/**
 * Calls back once when the first of some signals aborts; at once if one has already, which an event would never tell.
 *
 * Instead of `AbortSignal.any` where calls come by the thousand and one of the signals lives as long as the process.
 *
 * @returns How to stop listening.
 */
export function onAbort(
  signals: readonly AbortSignal[],
  callback: (reason: unknown) => void,
): () => void {
  const listeners: { signal: AbortSignal; listener: () => void }[] = [];
  const stop = (): void => {
    for (const { signal, listener } of listeners) signal.removeEventListener("abort", listener);
  };
  const ended = signals.find((signal) => signal.aborted);
  if (ended !== undefined) {
    callback(ended.reason);
    return stop;
  }
  for (const signal of signals) {
    const listener = (): void => {
      stop();
      callback(signal.reason);
    };
    listeners.push({ signal, listener });
    signal.addEventListener("abort", listener, { once: true });
  }
  return stop;
}
