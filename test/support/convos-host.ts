import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { prepareHost, runOpenclaw, startScriptedModel } from "channel-testing";
import type { Host, JsonObject, ModelReply, ModelRequest, ScriptedModel } from "channel-testing";
import { startConvosCliNode } from "./convos-cli-node.ts";
import { ConvosNet } from "./convos-people.ts";

/** A prepared OpenClaw with the built Convos plugin, an XMTP node where the CLI looks for one, and a scripted model. */
export interface ConvosHost extends AsyncDisposable {
  readonly host: Host;
  readonly model: ScriptedModel;
  readonly net: ConvosNet;
  /** `openclaw convos join`: the invite goes through a file. @returns What it printed. */
  addByInvite(invite: string): Promise<string>;
  /** Requests to the model whose user message holds this text. */
  turnsAbout(text: string): readonly ModelRequest[];
}

export interface ConvosHostOptions {
  /** Answers requests of the model. */
  readonly reply: (request: ModelRequest) => ModelReply;
  /** `channels.convos` before the setup, which may need ids of people. */
  readonly section?: (net: ConvosNet) => Promise<JsonObject> | JsonObject;
  /** `commands.ownerAllowFrom`. */
  readonly owners?: (net: ConvosNet) => Promise<readonly string[]> | readonly string[];
  /** More of the configuration. @param root - The folder of everything. */
  readonly config?: (root: string) => JsonObject;
  /** Whether the Convos CLI takes part, which knows one port only; default true. */
  readonly usesCliPort?: boolean;
}

const PLUGIN = fileURLToPath(new URL("../../extensions/convos", import.meta.url));

/** Starts everything but the gateway. The plugin must have been built. */
export async function prepareConvosHost(options: ConvosHostOptions): Promise<ConvosHost> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "convos-host-"));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const net = started.use(
    await ConvosNet.start(options.usesCliPort === false ? undefined : await startConvosCliNode()),
  );
  const model = started.use(await startScriptedModel({ reply: options.reply }));
  const section = await options.section?.(net);
  const host = await prepareHost({
    root: path.join(folder, "home"),
    model,
    channels: section === undefined ? {} : { convos: section },
    plugins: { allow: ["convos"], loadPaths: [PLUGIN] },
    config: options.config?.(folder) ?? {},
    ownerAllowFrom: (await options.owners?.(net)) ?? ["convos:nobody"],
  });
  const stack = started.move();
  return {
    host,
    model,
    net,
    addByInvite: async (invite) => {
      const file = path.join(folder, "invite.txt");
      await writeFile(file, `${invite}\n`, { mode: 0o600 });
      const { stdout } = await runOpenclaw(host, [
        "convos",
        "join",
        "--invite-file",
        file,
        "--env",
        "local",
        "--api-url",
        net.node.url,
      ]);
      return stdout;
    },
    turnsAbout: (text) => model.requests.filter(({ lastUserText }) => lastUserText.includes(text)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
