import path from "node:path";
import { linkPlugin, prepareHost, readOpenclawVersion, startGateway } from "channel-testing";
import type { Gateway, Host } from "channel-testing";
import type { ChannelShow, ShowEnd, ShowNetwork } from "./channel-show.ts";
import { restoreLinkedHome, saveLinkedHome } from "./linked-home.ts";
import type { ShowModel } from "./model.ts";
import type { RunFolder } from "./run-folder.ts";
import type { StepRunner } from "./steps.ts";

/** A channel and its network, which runs. */
export interface OpenChannel {
  readonly channel: ChannelShow;
  readonly network: ShowNetwork;
}

export interface ShowOptions {
  readonly channels: readonly OpenChannel[];
  readonly model: ShowModel;
  readonly folder: RunFolder;
  readonly steps: StepRunner;
  readonly print: (text: string) => void;
  /** Told when the gateway runs. */
  readonly onGateway: (gateway: Gateway) => void;
  /** Takes over what was started, and ends it in the reverse order. */
  readonly stack: AsyncDisposableStack;
  readonly signal: AbortSignal;
}

/**
 * The main job of every channel, from linked plugins to answered messages, in one gateway. Each step is printed as it
 * happens.
 *
 * @returns Who can go on talking, by channel id.
 */
export async function showChannels(options: ShowOptions): Promise<ReadonlyMap<string, ShowEnd>> {
  const { channels, folder, model, print, signal, stack, steps } = options;
  const next = `less ${folder.home}/gateway.log`;
  const folders = channels.map(({ channel }) => path.relative(process.cwd(), channel.pluginFolder));
  const host = await steps.run({
    title: `openclaw plugins install --link ${folders.join(" and ")}`,
    next: "npm run build",
    run: () => prepareLinkedHost(options),
    detail: ({ isNew }) => (isNew ? "linked" : "as linked before"),
  });
  const backstage = { host, model, dataFolder: folder.data, steps, print, next, signal };
  for (const { network } of channels) await network.prepare(backstage);
  const gateway = await steps.run({
    title: "gateway",
    next,
    run: async () => {
      const started = stack.use(await startGateway(host, { signal }));
      for (const { channel } of channels) assertPluginLoaded(started, channel.id);
      return started;
    },
    detail: () => `OpenClaw ${readOpenclawVersion()} on http://127.0.0.1:${host.port}`,
  });
  options.onGateway(gateway);
  const ends = new Map<string, ShowEnd>();
  for (const { channel, network } of channels) {
    ends.set(channel.id, await network.play({ ...backstage, gateway }));
  }
  return ends;
}

async function prepareLinkedHost(options: ShowOptions): Promise<Host & { isNew: boolean }> {
  const { channels, folder, model, signal } = options;
  const pluginFolders = channels.map(({ channel }) => channel.pluginFolder);
  const place = { home: folder.home, cache: folder.linked, pluginFolders };
  const basics = { root: folder.home, model: model.endpoint };
  const isNew = !restoreLinkedHome(place);
  if (isNew) {
    // The configuration names plugins and channels only afterwards: the host takes a name that it cannot find for an
    // unfinished upgrade, and says so at every start.
    const bare = await prepareHost(basics);
    for (const pluginFolder of pluginFolders) await linkPlugin(bare, pluginFolder, { signal });
    saveLinkedHome(place);
  }
  const owners = channels.flatMap(({ network }) => network.owners);
  const host = await prepareHost({
    ...basics,
    channels: Object.fromEntries(
      channels.map(({ channel, network }) => [channel.id, network.config]),
    ),
    plugins: { allow: channels.map(({ channel }) => channel.id) },
    ...(owners.length === 0 ? {} : { ownerAllowFrom: owners }),
    env: model.env,
    allowHosts: model.allowHosts,
  });
  return { ...host, isNew };
}

/** A gateway is ready without a plugin that it could not load; it says so in one line. */
function assertPluginLoaded(gateway: Gateway, pluginId: string): void {
  const complaint = gateway.log.lines.find(
    ({ text }) => text.includes("[plugins]") && text.includes(`plugin=${pluginId}`),
  );
  if (complaint !== undefined) throw new Error(complaint.text);
}
