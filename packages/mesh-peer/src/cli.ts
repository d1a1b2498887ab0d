#!/usr/bin/env node
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { resolveFolder } from "./environment.ts";
import { MeshCommandError } from "./errors.ts";

// Each command loads what it needs: a shell that sends does not wait for a server and a database.

const USAGE = `Usage:

  mesh join [CHANNEL...] [--peer URL]...   run a peer here (default channel: lobby)
  mesh send CHANNEL|@PEER [TEXT]           send by the running peer; without TEXT, standard input
  mesh tail [CHANNEL|@]                    print what arrives; "@" is direct messages, nothing is all
  mesh bootstrap                           sign a list of peers and serve it

Options:
  --peer URL     join: a peer to dial, ws:// or wss:// (repeatable)
  --log          join: what happens, on standard error
  --key TEXT     send: the same key twice is one message
  --json         tail: one JSON object per line
  --ack          tail: what was printed is not offered again
  --help         this text

Variables (those of the reference peer, and ours):
  PORT, MESH_PEER_PORT   port of the peer (5000)      HOST                    address to listen on (0.0.0.0)
  MESH_STORE_PATH        ./data/mesh.db: ours is in the folder ./data/mesh
  MESH_KEY_DIR           folder of the key (./data/keys)
  MESH_BOOTSTRAP_URL     a list of peers              MESH_BOOTSTRAP_SIGNER   only a list that this peer has signed
  MESH_BOOTSTRAP_PORT    bootstrap: port (4000)       MESH_BOOTSTRAP_FILE     bootstrap: the list (website/bootstrap.json)
  MESH_CHANNELS          comma-separated              MESH_PEERS              comma-separated
  MESH_API_PORT          port of the local API (5050) MESH_NAME               how we show ourselves
  MESH_PUBLIC_HOSTS      names others reach us by     MESH_ALLOWED_ORIGINS    web pages that may connect (none)
  MESH_ALLOW_PRIVATE     1: dial private addresses    MESH_ACCEPT_UNVERIFIED  1: hand over what nobody can prove
  MESH_PLAIN_PEERS       ids of reference peers to whom direct messages may go in plain text, for every relay to read`;

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
// The reader of a pipe may leave before we do.
process.stdout.on("error", () => stop.abort());

const [command, ...args] = process.argv.slice(2);
try {
  await run(command, args);
} catch (error) {
  fail(error);
}

async function run(name: string | undefined, rest: readonly string[]): Promise<void> {
  if (name === undefined || name === "help" || rest.includes("--help") || name === "--help") {
    console.log(USAGE);
    return;
  }
  if (name === "join") return runJoin(rest);
  if (name === "send") return runSend(rest);
  if (name === "tail") return runTail(rest);
  if (name === "bootstrap") return runBootstrap(rest);
  throw new MeshCommandError("usage", `unknown command; see mesh --help`);
}

async function runJoin(rest: readonly string[]): Promise<void> {
  const { values, positionals } = parse(rest, {
    peer: { type: "string", multiple: true, default: [] },
    log: { type: "boolean", default: false },
  });
  const [{ join }, { resolveJoinSettings }] = await Promise.all([
    import("./join.ts"),
    import("./settings.ts"),
  ]);
  const settings = resolveJoinSettings(process.env, { channels: positionals, peers: values.peer });
  const debug = values.log ? writeError : () => undefined;
  if (process.env["MESH_PEER_ID"]) {
    writeError(
      "MESH_PEER_ID is not used: a peer is named by its key, so that nobody can take its name",
    );
  }
  await join(settings, { say: console.log, warn: writeError, debug }, stop.signal);
}

async function runSend(rest: readonly string[]): Promise<void> {
  const { values, positionals } = parse(rest, { key: { type: "string" } });
  const [target, ...words] = positionals;
  if (target === undefined)
    throw new MeshCommandError("usage", "send: expected a channel or @PEER");
  const { send } = await import("./send.ts");
  const text = words.length === 0 ? undefined : words.join(" ");
  console.log(
    await send(resolveFolder(process.env), { target, text, key: values.key }, process.stdin),
  );
}

async function runTail(rest: readonly string[]): Promise<void> {
  const { values, positionals } = parse(rest, {
    json: { type: "boolean", default: false },
    ack: { type: "boolean", default: false },
  });
  if (positionals.length > 1) throw new MeshCommandError("usage", "tail: expected one channel");
  const { tail } = await import("./tail.ts");
  const options = { target: positionals[0], asJson: values.json, acknowledges: values.ack };
  await tail(resolveFolder(process.env), options, process.stdout, stop.signal);
}

async function runBootstrap(rest: readonly string[]): Promise<void> {
  parse(rest, {}, false);
  const [{ bootstrap }, { resolveListSettings }] = await Promise.all([
    import("./bootstrap.ts"),
    import("./settings.ts"),
  ]);
  const settings = resolveListSettings(process.env);
  await bootstrap(settings, { say: console.log, warn: writeError }, stop.signal);
}

function parse<T extends ParseArgsOptionsConfig>(
  rest: readonly string[],
  options: T,
  allowPositionals = true,
) {
  try {
    return parseArgs({ args: [...rest], options, allowPositionals, strict: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "bad arguments";
    throw new MeshCommandError("usage", `${reason}; see mesh --help`, { cause });
  }
}

function writeError(line: string): void {
  // The SDK's own lines begin so already.
  console.error(line.startsWith("mesh: ") ? line : `mesh: ${line}`);
}

/** 2 for what was typed, 1 for everything else. What is neither ours nor the SDK's is a bug, and says where. */
function fail(error: unknown): void {
  const isOurs = error instanceof Error && ["MeshCommandError", "MeshError"].includes(error.name);
  if (!isOurs) throw error;
  writeError(error.message);
  process.exitCode = error instanceof MeshCommandError && error.code === "usage" ? 2 : 1;
}
