// Every way in which the plugin gets onto a machine, typed as a user types it. The registry is our own, on loopback.
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DOWN,
  ENTER,
  isJsonObject,
  openOpenclawTerminal,
  prepareHost,
  runOpenclaw,
  startGateway,
  startPackageRegistry,
  startScriptedModel,
  UP,
} from "channel-testing";
import type { CommandResult, Host, JsonObject, PackageRegistry } from "channel-testing";
import { packExtension } from "../../scripts/pack/plugin-package.ts";
import type { PackedPlugin } from "../../scripts/pack/plugin-package.ts";
import { createTarball } from "../../scripts/pack/tarball.ts";
import { renderCatalog } from "../../scripts/pack/plugin-catalog.ts";
import { openGossipNetwork } from "../../scripts/start/gossip-network.ts";
import { createWizardUser, placeOf } from "../support/setup-terminal.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PLUGIN = path.join(ROOT, "extensions", "gossip");
const NO_MODEL = { baseUrl: "http://127.0.0.1:9/v1", modelId: "none" };
/** The two questions of a terminal, answered as a script must. */
const YES = ["--force", "--accept-capabilities"];
const WAIT_MS = 240_000;

const packed = packExtension(ROOT, "gossip");
const own = packed[0]!;

let folder = "";
let registry: PackageRegistry;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "ways-in-"));
  registry = await startPackageRegistry(packed);
  cpSync(PLUGIN, path.join(folder, "copied"), { recursive: true });
  writeFileSync(path.join(folder, own.fileName), own.tarball);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A home with nothing of ours in it, whose npm knows our registry alone. */
async function openHome(
  name: string,
  more: { env?: Record<string, string>; config?: JsonObject } = {},
): Promise<Host> {
  return prepareHost({
    root: path.join(folder, name),
    model: NO_MODEL,
    env: { npm_config_registry: registry.url, ...more.env },
    config: more.config ?? {},
  });
}

function install(host: Host, ...args: string[]): Promise<CommandResult> {
  return runOpenclaw(host, ["plugins", "install", ...args, ...YES], { timeoutMs: WAIT_MS });
}

/** The plugin as the host has loaded it, its whole entry run. */
async function inspect(host: Host): Promise<JsonObject> {
  const { stdout } = await runOpenclaw(host, [
    "plugins",
    "inspect",
    "gossip",
    "--runtime",
    "--json",
  ]);
  const answer: unknown = JSON.parse(stdout);
  const plugin = isJsonObject(answer) ? answer["plugin"] : undefined;
  return isJsonObject(plugin) ? plugin : {};
}

const LOADED = { id: "gossip", status: "loaded", enabled: true, channelIds: ["gossip"] };

describe("ways in that end with the plugin loaded", () => {
  it("plugins install @openclaw/gossip", async () => {
    const host = await openHome("scoped");
    await install(host, "@openclaw/gossip");
    expect(await inspect(host)).toMatchObject({ ...LOADED, packageName: "@openclaw/gossip" });
  });

  it("plugins install npm-pack:FILE", async () => {
    const host = await openHome("tarball");
    await install(host, `npm-pack:${path.join(folder, own.fileName)}`);
    expect(await inspect(host)).toMatchObject(LOADED);
  });

  it("plugins install --link CHECKOUT/extensions/gossip", async () => {
    const host = await openHome("linked");
    await install(host, "--link", PLUGIN);
    expect(await inspect(host)).toMatchObject({ ...LOADED, rootDir: PLUGIN });
  });

  it("plugins install FOLDER, a copy", async () => {
    const host = await openHome("copy");
    await install(host, path.join(folder, "copied"));
    const plugin = await inspect(host);
    expect(plugin).toMatchObject(LOADED);
    expect(plugin["rootDir"]).toContain(host.paths.stateDir);
  });
});

describe("a host that lacks something", () => {
  it("says what the plugin cannot import, and the next command", async () => {
    const plugin = path.join(folder, "newer");
    cpSync(PLUGIN, plugin, { recursive: true });
    const entry = path.join(plugin, "dist", "index.js");
    const line = 'export { goneByNow } from "openclaw/plugin-sdk/channel-core";';
    writeFileSync(entry, `${line}\n${readFileSync(entry, "utf8")}`);
    const host = await openHome("old-host", { config: { plugins: { load: { paths: [plugin] } } } });
    const { status, error } = await inspect(host);
    expect(status).toBe("error");
    expect(error).toMatch(
      /Plugin gossip cannot import openclaw\/plugin-sdk\/channel-core .*openclaw plugins update gossip/,
    );
  });
});

describe("plugins install gossip", () => {
  it("brings a bot that answers, beside the plugins that were allowed; uninstalled, the gateway still starts", async () => {
    await using network = await openGossipNetwork(folder);
    await using model = await startScriptedModel({ reply: () => "installed and answering" });
    const alice = await network.openPerson("alice");
    const host = await prepareHost({
      root: path.join(folder, "bare"),
      model,
      env: { npm_config_registry: registry.url },
      plugins: { allow: ["a2a"] },
      ownerAllowFrom: ["gossip:nobody"],
    });
    await install(host, "gossip");
    // Nothing but the package itself was needed, and no script was run: there is none.
    const installed = path.join(host.paths.stateDir, "npm", "projects", "gossip", "node_modules");
    const visible = readdirSync(installed).filter((name) => !name.startsWith("."));
    expect(visible).toEqual(["gossip"]);
    expect(readdirSync(path.join(installed, "gossip", "node_modules"))).toEqual(["openclaw"]);
    expect(host.readConfig()).toHaveProperty("plugins.allow", ["a2a", "gossip"]);

    const section = {
      enabled: true,
      protocolUrl: network.relayUrl,
      dmPolicy: "allowlist",
      allowFrom: [alice.id],
    };
    host.editConfig((config) => ({ ...config, channels: { gossip: section } }));
    {
      await using gateway = await startGateway(host);
      const bot = await network.findBot(gateway, "default", WAIT_MS);
      await alice.say(bot, "are you there?");
      await expect(alice.hear(bot, () => true, WAIT_MS)).resolves.toBe("installed and answering");
    }
    await runOpenclaw(host, ["plugins", "uninstall", "gossip", "--force"]);
    expect(host.readConfig()).not.toHaveProperty("channels.gossip");
    expect(existsSync(installed)).toBe(false);
    // The identity is the user's, not the plugin's: it stays for the next install.
    const sessions = path.join(host.paths.stateDir, "sessions", "gossip");
    expect(existsSync(path.join(sessions, "openclaw", "session.json"))).toBe(true);
    await using gateway = await startGateway(host);
    expect(gateway.log.lines.map(({ text }) => text).join("\n")).not.toMatch(/\[gossip|user id/);
    expect(host.refusedConnections().join("\n")).not.toMatch(/gossip/i);
  });
});

/** A home whose wizard knows the plugin from the catalog. */
async function openCatalogHome(name: string): Promise<Host> {
  const file = path.join(folder, "catalog.json");
  writeFileSync(file, renderCatalog([own]));
  return openHome(name, { env: { OPENCLAW_PLUGIN_CATALOG_PATHS: file } });
}

/** All but one line of one file is as it was packed. */
function tamper({ files }: PackedPlugin): Uint8Array {
  const line = Buffer.from("\n// one more line\n");
  return createTarball(
    files.map((file) =>
      file.path === "dist/index.js" ? { ...file, bytes: Buffer.concat([file.bytes, line]) } : file,
    ),
  );
}

describe("channels add, with the catalog", () => {
  const add = [
    "channels",
    "add",
    "--channel",
    "gossip",
    "--protocol-url",
    "http://127.0.0.1:9/api",
  ];
  async function addWithConsent(host: Host): Promise<{ exitCode: number; screen: string }> {
    await using terminal = openOpenclawTerminal(host, add);
    await terminal.whenShown(/\?[^?]*$/);
    terminal.type(`y${ENTER}`);
    return { exitCode: await terminal.whenEnded(WAIT_MS), screen: terminal.screen() };
  }

  it("fetches the plugin on demand after one question", async () => {
    const host = await openCatalogHome("on-demand");
    const { exitCode, screen } = await addWithConsent(host);
    expect(screen).toContain("Added Gossip account");
    expect(exitCode).toBe(0);
    expect(host.readConfig()).toHaveProperty("channels.gossip.protocolUrl", add.at(-1));
  });

  it("fetches the plugin when it is picked from the wizard's list, goes on with its questions, and keeps the answers", async () => {
    const host = await openCatalogHome("from-the-list");
    await using terminal = openOpenclawTerminal(host, ["channels", "add"]);
    const user = createWizardUser(terminal);
    await user.answer(/Set up a chat channel now\?[\s\S]*● Yes/, ENTER);
    const list = await terminal.whenShown(/Select a channel([\s\S]*)Finished/);
    const manifests = "npm/projects/*/node_modules/@openclaw/gossip/openclaw.plugin.json";
    const findInstalled = () => globSync(manifests, { cwd: host.paths.stateDir });
    expect(findInstalled()).toEqual([]);
    terminal.type(`${DOWN.repeat(placeOf(list[1] ?? "", "Gossip"))}${ENTER}`);
    // Who presses Enter here has said no.
    await user.answer(/Accept these capabilities for "gossip"\?[\s\S]*● No/, "y");
    await user.chooseCreate();
    await user.writeWordsDown();
    const bot = await user.letApprovedPeopleWrite();
    await terminal.whenShown(/Select a channel[\s\S]*Finished/);
    terminal.type(`${UP}${ENTER}`);
    await user.answer(/administration from your own[\s\S]*● Skip for now/, ENTER);
    await user.answer(/Name these channel accounts now\?[\s\S]*● No/, ENTER);
    await user.answer(/Route these channel accounts to agents now\?/, "n");
    expect(await terminal.whenEnded()).toBe(0);
    expect(findInstalled()).toHaveLength(1);
    expect(host.readConfig()).toMatchObject({
      plugins: { entries: { gossip: { enabled: true } } },
      channels: { gossip: { enabled: true, dmPolicy: "pairing" } },
    });
    const session = path.join(
      host.paths.stateDir,
      "sessions",
      "gossip",
      "openclaw",
      "session.json",
    );
    expect(JSON.parse(readFileSync(session, "utf8"))).toMatchObject({ userId: bot });
  });

  it("stops at a tarball that is not the one of the catalog, and installs nothing", async () => {
    const host = await openCatalogHome("tampered");
    registry.publish([{ ...own, tarball: tamper(own) }]);
    // It is not even asked whether to install it.
    await using terminal = openOpenclawTerminal(host, add);
    await terminal.whenEnded(WAIT_MS);
    expect(terminal.screen()).toMatch(/integrity/i);
    expect(host.readConfig()).not.toHaveProperty("channels.gossip");
    const files = readdirSync(host.paths.stateDir, { recursive: true });
    expect(files.filter((file) => String(file).endsWith("openclaw.plugin.json"))).toEqual([]);
  });
});
