import type { PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import type { ChannelRuntimeSurface } from "openclaw/plugin-sdk/channel-contract";
import { ChannelAccessError } from "./errors.ts";

/** The host's channel runtime, as its own plugins see it. */
export type ChannelRuntime = PluginRuntime["channel"];

/** Functions that must be there, as paths; anything else of the runtime is checked by whoever uses it. */
const REQUIRED = [
  ["inbound", "ingress", "resolveStable"],
  ["inbound", "buildContext"],
  ["inbound", "run"],
  ["pairing", "upsertPairingRequest"],
] as const;

/**
 * Takes the loosely typed `channelRuntime` of `startAccount` for what the gateway really passes.
 *
 * @throws {@link ChannelAccessError} `runtime_missing`, naming the first function that is not there.
 */
export function requireChannelRuntime(surface: ChannelRuntimeSurface | undefined): ChannelRuntime {
  if (!isChannelRuntime(surface)) {
    const missing = REQUIRED.find((path) => typeof valueAt(surface, path) !== "function");
    throw new ChannelAccessError(
      "runtime_missing",
      `the host's channel runtime has no ${missing?.join(".") ?? "functions"}: update OpenClaw`,
    );
  }
  return surface;
}

function isChannelRuntime(
  surface: ChannelRuntimeSurface | undefined,
): surface is ChannelRuntimeSurface & ChannelRuntime {
  return REQUIRED.every((path) => typeof valueAt(surface, path) === "function");
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined,
    root,
  );
}
