import type { Gateway, Host, JsonObject } from "channel-testing";
import type { ShowModel } from "./model.ts";
import type { StepRunner } from "./steps.ts";

/** What `npm start` has to know of one channel. A channel is one file beside this one. */
export interface ChannelShow {
  /** Id of channel and plugin, such as "gossip". */
  readonly id: string;
  readonly label: string;
  /** Absolute path of the built plugin. */
  readonly pluginFolder: string;
  /** What the channel talks through, such as "relay". */
  readonly networkTitle: string;
  /** The command that starts one alone. */
  readonly networkCommand: string;
  /** Starts the network that the channel talks through, on this machine. */
  openNetwork(dataFolder: string): Promise<ShowNetwork>;
}

/** Disposed, it ends the people it opened, then itself. */
export interface ShowNetwork extends AsyncDisposable {
  /** Shown to the user. */
  readonly url: string;
  /** `channels.<id>` of the host's configuration. */
  readonly config: JsonObject;
  /** Entries for the host's list of owners. */
  readonly owners: readonly string[];
  /** What the operator types before the gateway runs. */
  prepare(backstage: Backstage): Promise<void>;
  /** The main job of this channel, up to an answered message. */
  play(stage: Stage): Promise<ShowEnd>;
}

/** A host that is not running yet. */
export interface Backstage {
  readonly host: Host;
  readonly model: ShowModel;
  /** For files of this run. */
  readonly dataFolder: string;
  readonly steps: StepRunner;
  readonly print: (text: string) => void;
  /** The command to type when a step fails. */
  readonly next: string;
  readonly signal: AbortSignal;
}

export interface Stage extends Backstage {
  readonly gateway: Gateway;
}

/** Who can go on talking with the bot. */
export interface ShowEnd {
  /** Resolves when the network has the message. */
  say(text: string): Promise<void>;
  /** Calls back for every text of the bot from now on, until the returned function is called. */
  onText(listener: (text: string) => void): () => void;
}

/** How long the bot may take to appear, and to answer: a busy machine needs most of it. */
export const BOT_TIMEOUT_MS = 90_000;
export const MESSAGE_TIMEOUT_MS = 90_000;

/** The first words of a longer text, on one line. */
export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
