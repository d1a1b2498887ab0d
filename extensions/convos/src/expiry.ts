// How long an invite lasts, as people type it and as they read it.
import { ConvosChannelError } from "./errors.ts";

const HOUR_MS = 3_600_000;
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };
/** Longer than an invite needs; what is to stay is said to stay. */
const MAX_MS = 366 * 24 * HOUR_MS;

/** Unless somebody says otherwise: an invite that was photographed last week opens nothing. */
export const DEFAULT_EXPIRY = "24h";

/**
 * Reads `30m`, `24h`, `7d` or `never`.
 *
 * @returns When that is over; undefined for never.
 * @throws ConvosChannelError `command_refused`.
 */
export function parseExpiry(text: string, nowMs: number): number | undefined {
  if (text === "never") return undefined;
  const [, amount = "", unit = ""] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNIT_MS[unit] ?? 0);
  if (ms > 0 && ms <= MAX_MS) return nowMs + ms;
  throw new ConvosChannelError(
    "command_refused",
    "convos: a time is a number and m, h or d, such as 30m, 24h or 7d, at most a year; or never",
  );
}

/** E.g. `ends 2030-01-02 15:04 UTC`. */
export function describeExpiry(expiresAtMs: number | undefined): string {
  if (expiresAtMs === undefined) return "does not end by itself";
  return `ends ${new Date(expiresAtMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
