import path from "node:path";
import type { HostPaths } from "./host-paths.ts";
import { formatRequireFlag } from "./preload/require-flag.ts";

/** What a child may keep of our own environment. Anything else (API keys, OPENCLAW_*, npm's run state) stays behind. */
const KEPT =
  /^(LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|TERM|USER|LOGNAME|SHELL|SystemRoot|NODE_COMPILE_CACHE|NODE_EXTRA_CA_CERTS)$/;
/** Registry, proxy and cache settings: only for commands that install something from npm. */
const KEPT_FOR_INSTALL =
  /^((npm|NPM)_(config|CONFIG)_.*|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)$/;

export interface HostEnvOptions {
  readonly paths: HostPaths;
  readonly env?: Readonly<Record<string, string>>;
  /** Host names that may be reached beyond loopback. */
  readonly allowHosts?: readonly string[];
  /** Lets the child reach the npm registry: no guard, npm's settings kept. */
  readonly network?: boolean;
}

/** The whole environment of an `openclaw` child process: its own home, no telemetry, loopback only. */
export function buildHostEnv(
  source: NodeJS.ProcessEnv,
  options: HostEnvOptions,
): Record<string, string> {
  const { paths, network = false } = options;
  const { NODE_OPTIONS: nodeOptions, ...added } = options.env ?? {};
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined) continue;
    if (KEPT.test(key) || (network && KEPT_FOR_INSTALL.test(key))) kept[key] = value;
  }
  const guard: Record<string, string> = network
    ? {}
    : {
        // A test's own options come on top: without the guard a child could connect anywhere.
        NODE_OPTIONS: [
          formatRequireFlag(new URL("./preload/loopback-guard.ts", import.meta.url)),
          ...(nodeOptions === undefined ? [] : [nodeOptions]),
        ].join(" "),
        LOOPBACK_GUARD_LOG: paths.guardLog,
        LOOPBACK_GUARD_ALLOW: (options.allowHosts ?? []).join(","),
      };
  return {
    ...kept,
    ...guard,
    // The host starts npm and helpers of its own by name: they get the same node as the host.
    PATH: [path.dirname(process.execPath), source["PATH"]].filter(Boolean).join(path.delimiter),
    HOME: paths.root,
    USERPROFILE: paths.root,
    OPENCLAW_STATE_DIR: paths.stateDir,
    OPENCLAW_DISABLE_BONJOUR: "1",
    OPENCLAW_NO_AUTO_UPDATE: "1",
    OPENCLAW_NO_RESPAWN: "1",
    NO_COLOR: "1",
    ...added,
  };
}
