// That an older or second copy of an account was noticed. A restored backup is one once; a second gateway again and again.
const DAY_MS = 24 * 60 * 60 * 1000;

/** What to do about it, beside nothing: a restored backup needs no hand. */
export const OLD_COPY_ADVICE = "If a second gateway runs with these words, stop it";

/** One sentence without its full stop; undefined when nothing was noticed within a day. */
export function describeOldCopy(
  { forkNoticedAtMs }: { readonly forkNoticedAtMs?: number | null | undefined },
  nowMs: number,
): string | undefined {
  // A clock that was set back must not make it last.
  if (typeof forkNoticedAtMs !== "number" || Math.abs(nowMs - forkNoticedAtMs) > DAY_MS) {
    return undefined;
  }
  const at = new Date(forkNoticedAtMs).toISOString().slice(0, 16).replace("T", " ");
  return `an older or second copy of this account was noticed at ${at} UTC; its conversations were renewed`;
}
