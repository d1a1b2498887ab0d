// Every way in which the Convos plugin gets onto a machine, typed as a user types it, with XMTP's real native module. The
// registry is our own, on loopback; of the module it has this machine's part only.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { text as readText } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ENTER,
  isJsonObject,
  openOpenclawTerminal,
  prepareHost,
  runOpenclaw,
  startGateway,
  startPackageRegistry,
  startScriptedModel,
} from "channel-testing";
import type {
  CommandResult,
  Host,
  JsonObject,
  PackageRegistry,
  PublishedPackage,
} from "channel-testing";
import { renderCatalog } from "../../scripts/pack/plugin-catalog.ts";
import { packExtension } from "../../scripts/pack/plugin-package.ts";
import { createTarball } from "../../scripts/pack/tarball.ts";
import { buildContainerfile } from "../support/containerfile.ts";
import { ConvosNet } from "../support/convos-people.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PLUGIN = path.join(ROOT, "extensions", "convos");
const NATIVE = "@xmtp/node-bindings";
const NO_MODEL = { baseUrl: "http://127.0.0.1:9/v1", modelId: "none" };
/** The two questions of a terminal, answered as a script must. */
const YES = ["--force", "--accept-capabilities"];
const WAIT_MS = 240_000;
const LOADED = { id: "convos", status: "loaded", enabled: true, channelIds: ["convos"] };

const packed = packExtension(ROOT, "convos");
const own = packed[0]!;

let folder = "";
let registry: PackageRegistry;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "convos-ways-in-"));
  registry = await startPackageRegistry([...packed, packNative()]);
  cpSync(PLUGIN, path.join(folder, "copied"), {
    recursive: true,
    filter: (source) => path.basename(source) !== "node_modules",
  });
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** XMTP's module as it was installed here, without the parts for other machines: those are 400 MB. */
function packNative(): PublishedPackage {
  const home = realpathSync(path.join(ROOT, "node_modules", NATIVE));
  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isForThisMachine(entry.name))
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return { path: path.relative(home, file), bytes: readFileSync(file) };
    })
    .filter((file) => !file.path.startsWith("node_modules"));
  const manifest: unknown = JSON.parse(readFileSync(path.join(home, "package.json"), "utf8"));
  const version = isJsonObject(manifest) ? manifest["version"] : undefined;
  if (!isJsonObject(manifest) || typeof version !== "string") {
    throw new TypeError("test: no package.json");
  }
  return { name: NATIVE, version, manifest, tarball: createTarball(files) };
}

function isForThisMachine(name: string): boolean {
  return !name.endsWith(".node") || name.includes(`${process.platform}-${process.arch}-gnu`);
}

/** A home with nothing of ours in it, whose npm knows our registry alone. */
async function openHome(name: string, env: Record<string, string> = {}): Promise<Host> {
  return await prepareHost({
    root: path.join(folder, name),
    model: NO_MODEL,
    env: { npm_config_registry: registry.url, ...env },
  });
}

function install(host: Host, ...args: string[]): Promise<CommandResult> {
  return runOpenclaw(host, ["plugins", "install", ...args, ...YES], { timeoutMs: WAIT_MS });
}

/** The plugin as the host has loaded it, its whole entry run. */
async function inspect(host: Host): Promise<JsonObject> {
  const args = ["plugins", "inspect", "convos", "--runtime", "--json"];
  const answer: unknown = JSON.parse((await runOpenclaw(host, args)).stdout);
  const plugin = isJsonObject(answer) ? answer["plugin"] : undefined;
  return isJsonObject(plugin) ? plugin : {};
}

describe("plugins install @openclaw/convos", () => {
  it("brings the native module along, and an agent that answers", async () => {
    await using net = await ConvosNet.start();
    await using model = await startScriptedModel({ reply: () => "installed and answering" });
    const alice = await net.person("Alice");
    const { id, inboxId } = await alice.client.createConversation({ name: "Room" });
    const { url } = await alice.client.createInvite(id);
    const host = await prepareHost({
      root: path.join(folder, "registry"),
      model,
      env: { npm_config_registry: registry.url },
      ownerAllowFrom: [`convos:${inboxId}`],
    });
    await install(host, "@openclaw/convos");
    expect(await inspect(host)).toMatchObject({ ...LOADED, packageName: "@openclaw/convos" });
    const file = path.join(folder, "invite.txt");
    writeFileSync(file, url, { mode: 0o600 });
    const network = ["--env", "local", "--api-url", net.node.url];
    const done = await runOpenclaw(host, [
      "convos",
      "setup",
      "--invite-file",
      file,
      ...network,
      "--json",
    ]);
    expect(JSON.parse(done.stdout)).toMatchObject({
      accountId: "default",
      identity: "created",
      stored: true,
    });
    await using gateway = await startGateway(host);
    await gateway.log.waitFor(`in conversation ${id}`, { timeoutMs: WAIT_MS });
    await alice.sendText(id, "are you there?");
    await expect(alice.next("message")).resolves.toMatchObject({
      text: "installed and answering",
    });
  });
});

describe("other ways in", () => {
  it("plugins install --link CHECKOUT/extensions/convos", async () => {
    const host = await openHome("linked");
    await install(host, "--link", PLUGIN);
    expect(await inspect(host)).toMatchObject({ ...LOADED, rootDir: PLUGIN });
  });

  it("plugins install FOLDER, a copy: it loads, and doctor has the one command that completes it", async () => {
    const host = await openHome("copy");
    await install(host, path.join(folder, "copied"));
    expect(await inspect(host)).toMatchObject(LOADED);
    host.editConfig((config) => ({ ...config, channels: { convos: { enabled: true } } }));
    const look = async (): Promise<string> => {
      const args = ["doctor", "--non-interactive"];
      const { stderr, stdout } = await runOpenclaw(host, args, { check: false });
      return unwrap(stdout + stderr);
    };
    const before = await look();
    expect(before).toContain("convos.native-missing");
    const [, shown = "", name = ""] =
      /npm install --no-save --prefix '([^']+)' (@xmtp\/node-bindings@\S+)/.exec(before) ?? [];
    // A long path is broken in the middle.
    const prefix = shown.replaceAll(" ", "");
    expect(prefix).toBe(host.paths.stateDir);
    await promisify(execFile)("npm", ["install", "--no-save", "--prefix", prefix, name], {
      env: { ...process.env, npm_config_registry: registry.url },
    });
    expect(await look()).not.toContain("convos.native-missing");
  });

  it("channels add, with the catalog: fetched on demand after one question", async () => {
    const catalog = path.join(folder, "catalog.json");
    writeFileSync(catalog, renderCatalog([own]));
    const host = await openHome("on-demand", { OPENCLAW_PLUGIN_CATALOG_PATHS: catalog });
    const args = ["channels", "add", "--channel", "convos", "--env", "dev"];
    await using terminal = openOpenclawTerminal(host, args);
    await terminal.whenShown(/\?[^?]*$/);
    terminal.type(`y${ENTER}`);
    expect(await terminal.whenEnded(WAIT_MS)).toBe(0);
    expect(host.readConfig()).toHaveProperty("channels.convos.env", "dev");
  });
});

describe("a container", () => {
  it("is built step by step, and set up by a pipe with the plugin and the module that it brings", async () => {
    await using net = await ConvosNet.start();
    const alice = await net.person("Alice");
    const { id } = await alice.client.createConversation({ name: "Room" });
    const { url } = await alice.client.createInvite(id);
    const context = path.join(folder, "context");
    cpSync(path.join(ROOT, "examples"), path.join(context, "examples"), { recursive: true });
    mkdirSync(path.join(context, ".artifacts", "plugins"), { recursive: true });
    writeFileSync(path.join(context, ".artifacts", "plugins", own.fileName), own.tarball);
    const host = await openHome("container");
    rmSync(host.paths.configFile);
    const app = path.join(folder, "app");
    const image = await buildContainerfile({
      text: readFileSync(path.join(context, "examples", "container", "Containerfile"), "utf8"),
      context,
      // The host is a gigabyte, and on this machine already: it is linked in below.
      buildArguments: { APP: app, DATA: host.paths.root, OPENCLAW: "" },
      env: { ...host.childEnv(), npm_config_registry: registry.url },
    });
    const openclaw = path.dirname(path.dirname(fileURLToPath(import.meta.resolve("openclaw"))));
    symlinkSync(openclaw, path.join(app, "node_modules", "openclaw"));
    expect(image).toMatchObject({
      base: expect.stringMatching(/node:24-/),
      user: "node",
      volumes: [host.paths.root],
      env: { OPENCLAW_STATE_DIR: host.paths.stateDir },
    });
    const run = (...args: string[]): ChildProcessWithoutNullStreams =>
      spawn(process.execPath, [...image.entrypoint.slice(1), ...args], {
        cwd: image.workFolder,
        env: { ...host.childEnv(), ...image.env },
      });

    const network = ["--env", "local", "--api-url", net.node.url];
    const setup = run("convos", "setup", "--invite-file", "-", ...network, "--json");
    setup.stdin.end(url);
    expect(JSON.parse(await readOutput(setup))).toMatchObject({
      identity: "created",
      stored: true,
    });
    expect(statSync(host.paths.configFile).mode & 0o777).toBe(0o600);

    const inspected = run("plugins", "inspect", "convos", "--runtime", "--json");
    expect(JSON.parse(await readOutput(inspected))).toMatchObject({
      plugin: { ...LOADED, rootDir: path.join(app, "node_modules", "@openclaw", "convos") },
    });
    expect(image.command).toEqual(["gateway", "run"]);
  });
});

/** What a command printed; its end is that of the process. */
async function readOutput(child: ChildProcessWithoutNullStreams): Promise<string> {
  const [output] = await Promise.all([readText(child.stdout), once(child, "close")]);
  return output;
}

/** Doctor draws boxes, which break a command into lines. */
function unwrap(text: string): string {
  return text.replaceAll(/[│ ]*\n[│ ]*/g, " ");
}
