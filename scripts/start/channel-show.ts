import type { Gateway, JsonObject } from "channel-testing";

/** What `npm start` has to know of one channel. A channel is one file beside this one. */
export interface ChannelShow {
  /** Id of channel and plugin, such as "gossip". */
  readonly id: string;
  readonly label: string;
  /** Absolute path of the built plugin. */
  readonly pluginFolder: string;
  /** Starts the network that the channel talks through, on this machine. */
  openNetwork(dataFolder: string): Promise<ShowNetwork>;
}

/** Disposed, it ends the people it opened, then itself. */
export interface ShowNetwork extends AsyncDisposable {
  /** Shown to the user. */
  readonly url: string;
  /** `channels.<id>` of the host's configuration. */
  readonly config: JsonObject;
  /** Waits until the running channel has an address and is connected. */
  findBot(gateway: Gateway, timeoutMs: number): Promise<BotAddress>;
  /** Somebody else on this network. No contact with the bot yet. */
  openPerson(name: string): Promise<Person>;
}

export interface BotAddress {
  /** As the network names it, in full. */
  readonly id: string;
  /** What the network's app takes as a link or QR code. */
  readonly invite: string;
}

/** A second person, played with the channel's own SDK. */
export interface Person {
  readonly id: string;
  /** Resolves when the network has the message. The first message asks for contact. */
  say(to: string, text: string): Promise<void>;
  /** The first text from `from` that matches and was not heard before. Rejects when the time is up. */
  hear(from: string, matches: (text: string) => boolean, timeoutMs: number): Promise<string>;
  /** Calls back for every text from now on, until the returned function is called. */
  onText(listener: (from: string, text: string) => void): () => void;
}
