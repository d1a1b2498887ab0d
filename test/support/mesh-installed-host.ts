// A gateway with the Mesh plugin as a user gets it: packed, and installed by the host's own command. Everything is logged, the
// gateway has no umask, and the identity is one that the plugin made.
import { mkdirSync, writeFileSync } from "node:fs";
import { hkdfSync, pbkdf2Sync } from "node:crypto";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Gateway,
  type Host,
  mergeJson,
  prepareHost,
  runOpenclaw,
  type ScriptedModel,
  startGateway,
  startPackageRegistry,
  startScriptedModel,
} from "channel-testing";
import * as z from "zod";
import { packExtension } from "../../scripts/pack/plugin-package.ts";
import { bytesCanary, type Canary, phraseCanaries } from "./leak-scan.ts";
import { storeDeadLetters, type GivenUpMessage } from "./mesh-dead-letters.ts";
import { createMeshPerson, type MeshPerson } from "./mesh-person.ts";
import { readJson } from "./read-json.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The two questions of a terminal, answered as a script must. */
const YES = ["--force", "--accept-capabilities"];
const SessionSchema = z.looseObject({ userId: z.string(), mnemonic: z.string() });

export interface InstalledMeshHost extends AsyncDisposable {
  readonly host: Host;
  readonly gateway: Gateway;
  readonly model: ScriptedModel;
  /** The peer id of the account `default`. Beside it there is `lonely`, which knows no peer. */
  readonly bot: string;
  /** The phrase of `default`, and the keys that follow from it. */
  readonly secrets: readonly Canary[];
  readonly relay: MeshPerson;
  /** On the lists of the bot. */
  readonly alice: MeshPerson;
  /** On no list. */
  readonly carol: MeshPerson;
  /** Installs a plugin in another home by `openclaw plugins install`. @param source - What follows that, e.g. `--link`. */
  install(home: string, ...source: string[]): Promise<Host>;
}

/**
 * Starts everything; about 40 seconds on a quiet machine. The plugin must have been built.
 *
 * @param folder - Of the caller, who deletes it.
 * @param giveUp - Texts of alice, in messages that the bot has given up.
 */
export async function startInstalledMeshHost(
  folder: string,
  giveUp: readonly Pick<GivenUpMessage, "id" | "text">[],
): Promise<InstalledMeshHost> {
  await using started = new AsyncDisposableStack();
  const meet = async (name: string, dial?: string): Promise<MeshPerson> =>
    started.use(
      await createMeshPerson({
        folder: path.join(folder, name),
        channels: ["lobby", "#dev"],
        ...(dial === undefined ? {} : { dial }),
      }),
    );
  const relay = await meet("relay");
  const [alice, carol] = [await meet("alice", relay.url), await meet("carol", relay.url)];
  const model = started.use(
    await startScriptedModel({
      reply: ({ lastUserText }) => `answer to ${/\b\w+-\d\b/.exec(lastUserText)?.[0]}`,
    }),
  );
  const packed = packExtension(ROOT, "mesh");
  const registry = started.use(await startPackageRegistry(packed));
  const runFolder = path.join(folder, "run");
  mkdirSync(runFolder, { mode: 0o700 });
  const install = async (home: string, ...source: string[]): Promise<Host> => {
    const host = await prepareHost({
      root: path.join(folder, home),
      model,
      env: { npm_config_registry: registry.url, XDG_RUNTIME_DIR: runFolder },
      ownerAllowFrom: ["mesh:nobody"],
      config: { logging: { level: "trace", consoleLevel: "trace" } },
    });
    await runOpenclaw(host, ["plugins", "install", ...source, ...YES]);
    return host;
  };
  const host = await install("home", `npm-pack:${writeTarball(folder, packed[0])}`);
  const section = {
    enabled: true,
    name: "Ada",
    peers: [relay.url],
    allowPrivateAddresses: true,
    channels: ["lobby", "#dev"],
    allowFrom: [alice.peerId],
    groupAllowFrom: [alice.peerId],
    accounts: { lonely: { peers: [] } },
  };
  host.editConfig((config) => mergeJson(config, { channels: { mesh: section } }));
  await runOpenclaw(host, ["mesh", "setup", "--json"]);
  const session = path.join(host.paths.stateDir, "sessions", "mesh", "default", "session.json");
  const { mnemonic, userId } = readJson(session, SessionSchema);
  await storeDeadLetters(
    host,
    giveUp.map((letter) => ({ ...letter, senderId: alice.peerId })),
  );
  const umask = process.umask(0);
  const gateway = started.use(await startGateway(host).finally(() => process.umask(umask)));
  const stack = started.move();
  return {
    host,
    gateway,
    model,
    bot: userId,
    secrets: secretsOf(mnemonic),
    relay,
    alice,
    carol,
    install,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function writeTarball(
  folder: string,
  packed: ReturnType<typeof packExtension>[number] | undefined,
): string {
  if (packed === undefined) throw new TypeError("test: nothing was packed");
  const file = path.join(folder, packed.fileName);
  writeFileSync(file, packed.tarball);
  return file;
}

/** The phrase, and the keys that follow from it as docs/adr/0019-mesh-identity.md says. */
function secretsOf(phrase: string): Canary[] {
  const root = pbkdf2Sync(phrase, "mnemonic", 2048, 64, "sha512");
  const keys = ["ed25519-seed", "durable-store"].map((name) => {
    const key = hkdfSync("sha256", root, "", `openclaw-mesh/${name}/1`, 32);
    return bytesCanary(name, new Uint8Array(key));
  });
  return [...phraseCanaries("phrase", phrase), bytesCanary("root", root), ...keys];
}
