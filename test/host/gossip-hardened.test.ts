// The bot where everything is closed to it: no home, no name, no terminal, and nothing to write but the state directory and
// one folder of the host's.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareHost, runOpenclaw, startGateway, startScriptedModel } from "channel-testing";
import type { CommandResult, ExitFacts, Host, ScriptedModel } from "channel-testing";
import { openGossipNetwork } from "../../scripts/start/gossip-network.ts";
import type { GossipNetwork } from "../../scripts/start/gossip-network.ts";
import { listEntries } from "../support/folder-files.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/gossip", import.meta.url));
const WAIT_MS = 60_000;
/** Of no user: it has no line in /etc/passwd, so no name and no home, and nothing on this machine is its own. */
const STRANGER = 200_000 + process.pid;
/** Where the host locks its state: always there, whatever TMPDIR says. */
const HOST_LOCKS = `/tmp/openclaw-state-locks-${STRANGER}`;
/** Of whoever started a host first; only others go to TMPDIR. */
const HOST_TMP = "/tmp/openclaw";

/** To become somebody else takes root; somebody else must be able to read Node.js and this checkout. */
const IS_ROOT = process.getuid?.() === 0;
const CAN_BE_STRANGER = IS_ROOT && [process.execPath, PLUGIN, tmpdir()].every(isOpenToOthers);
const CAN_MOUNT = CAN_BE_STRANGER && canRun([...onReadOnlyRoot([tmpdir()]), "true"]);

function isOpenToOthers(file: string): boolean {
  const parent = path.dirname(file);
  return (statSync(file).mode & 0o005) === 0o005 && (parent === file || isOpenToOthers(parent));
}

function canRun([program = "", ...args]: readonly string[]): boolean {
  return spawnSync(program, args).status === 0;
}

/** Runs what follows in a mount namespace of its own, where all is read-only but these folders and the kernel's own mounts. */
function onReadOnlyRoot(writable: readonly string[]): string[] {
  const script = `
    mount --make-rprivate /
    until [ "$1" = -- ]; do mount --bind "$1" "$1"; kept="$kept $1 "; shift; done
    for point in $(cut -d " " -f 5 /proc/self/mountinfo); do
      case "$point" in /proc | /proc/* | /dev | /dev/* | /sys | /sys/*) continue ;; esac
      case "$kept" in *" $point "*) continue ;; esac
      mount -o remount,bind,ro "$point"
    done
    shift
    exec "$@"`;
  return ["unshare", "--mount", "sh", "-ec", script, "sh", ...writable, "--"];
}

function asStranger(): string[] {
  const ids = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, "--clear-groups"];
  return ["setpriv", ...ids, "--no-new-privs"];
}

function giveToStranger(folder: string): void {
  const below = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const name of [".", ...below]) lchownSync(path.join(folder, name), STRANGER, STRANGER);
}

/** Mount points of a process that can be written, without the kernel's own. */
function readWritableMounts(pid: number): string[] {
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, "utf8").trimEnd().split("\n");
  return mounts
    .map((line) => line.split(" "))
    .filter(([, , , , , flags]) => /(^|,)rw(,|$)/.test(flags ?? ""))
    .map(([, , , , point]) => point ?? "")
    .filter((point) => !/^\/(proc|dev|sys)(\/|$)/.test(point))
    .toSorted();
}

let folder = "";
let host: Host;
let network: GossipNetwork;
let model: ScriptedModel;
let setup: CommandResult;
let answer = "";
let end: ExitFacts;
/** Of the gateway, while it ran. */
let owner = -1;
let mounts: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gossip-hardened-"));
  chmodSync(folder, 0o755);
  network = await openGossipNetwork(folder);
  model = await startScriptedModel({ reply: () => "still here" });
  const alice = await network.openPerson("alice");
  const root = path.join(folder, "closed");
  const state = path.join(root, ".openclaw");
  const scratch = path.join(state, "scratch");
  host = await prepareHost({
    root,
    model,
    channels: { gossip: { protocolUrl: network.relayUrl } },
    plugins: { allow: ["gossip"], loadPaths: [PLUGIN] },
    ownerAllowFrom: ["gossip:nobody"],
    env: {
      HOME: path.join(root, "nowhere"),
      USERPROFILE: path.join(root, "nowhere"),
      OPENCLAW_CONFIG_PATH: path.join(state, "openclaw.json"),
      TMPDIR: scratch,
      XDG_CACHE_HOME: scratch,
      LOOPBACK_GUARD_LOG: path.join(state, "refused-connections.log"),
      // Nobody else has this user's cache, and he does not come again.
      NODE_DISABLE_COMPILE_CACHE: "1",
    },
    config: {
      logging: { file: path.join(state, "gateway.log") },
      agents: { defaults: { workspace: path.join(state, "workspace") } },
    },
    runBy: [
      ...(CAN_MOUNT ? onReadOnlyRoot([state, HOST_LOCKS]) : []),
      ...(CAN_BE_STRANGER ? asStranger() : []),
    ],
  });
  mkdirSync(scratch, { mode: 0o700 });
  if (CAN_BE_STRANGER) {
    mkdirSync(HOST_TMP, { recursive: true, mode: 0o700 });
    mkdirSync(HOST_LOCKS, { mode: 0o700 });
    [state, HOST_LOCKS].forEach(giveToStranger);
  }
  // Where the processes are started.
  chmodSync(root, 0o555);

  const access = ["--dm-policy", "allowlist", "--allow-from", alice.id];
  setup = await runOpenclaw(host, ["gossip", "setup", ...access, "--json"]);
  await using gateway = await startGateway(host);
  owner = statSync(`/proc/${gateway.pid}`).uid;
  mounts = readWritableMounts(gateway.pid);
  const bot = await network.findBot(gateway, "default", WAIT_MS);
  await alice.say(bot, "are you there?");
  answer = await alice.hear(bot, () => true, WAIT_MS);
  end = await gateway.stop();
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
  chmodSync(path.join(folder, "closed"), 0o755);
  for (const made of [folder, HOST_LOCKS]) rmSync(made, { recursive: true, force: true });
});

describe("without a home, in a folder that is not its own", () => {
  it("is set up and answers; both processes end with exit code 0", () => {
    expect(setup.exitCode).toBe(0);
    const account = path.join(host.paths.stateDir, "sessions", "gossip", "openclaw");
    expect(JSON.parse(setup.stdout)).toMatchObject({
      identity: "created",
      folder: account,
      contactPng: path.join(account, "contact.png"),
    });
    expect(answer).toBe("still here");
    expect(end).toEqual({ code: 0, signal: null });
  });

  // Root itself may write everywhere.
  it.runIf(!IS_ROOT || CAN_BE_STRANGER)("writes nothing there, and makes no home", () => {
    // The two that were there before.
    expect(readdirSync(host.paths.root).toSorted()).toEqual([".openclaw", "workspace"]);
    expect(readdirSync(host.paths.workspace)).toEqual([]);
  });

  it("opens nothing to others", () => {
    const state = host.paths.stateDir;
    const own = [path.join(state, "sessions"), path.join(state, "scratch")].flatMap((top) =>
      listEntries(top).map(({ name }) => path.join(top, name)),
    );
    const wrong = [...own, host.paths.configFile].filter((file) => {
      const facts = lstatSync(file);
      return (facts.mode & 0o777) !== (facts.isDirectory() ? 0o700 : 0o600);
    });
    expect(wrong).toEqual([]);
  });
});

describe("on a machine that is closed by the kernel", () => {
  it.runIf(CAN_BE_STRANGER)(
    "runs as a user of no name, who has nothing elsewhere (needs root)",
    () => {
      expect(owner).toBe(STRANGER);
      const places = ["/", "/tmp", "/var/tmp", "/dev/shm", tmpdir(), homedir(), folder];
      const found = [...new Set(places)]
        .filter((place) => existsSync(place))
        .flatMap((place) => readdirSync(place).map((name) => path.join(place, name)))
        .filter((file) => lstatSync(file, { throwIfNoEntry: false })?.uid === STRANGER);
      expect(found).toEqual([HOST_LOCKS]);
    },
  );

  it.runIf(CAN_MOUNT)("runs on a read-only root file system (needs the right to mount)", () => {
    expect(mounts).toEqual([HOST_LOCKS, host.paths.stateDir].toSorted());
  });
});
