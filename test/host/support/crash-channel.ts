// What the crash runs need of a channel: its plugin, its network, and people on it. All else is the same for every channel.
import type { Gateway, JsonObject } from "channel-testing";
import type { CrashBundleOptions } from "./crash-bundle.ts";

/** A place at the table: a person with a name of their own, and the account of the bot they write to. */
export interface Seat {
  readonly name: string;
  readonly account?: string | undefined;
}

/** A text that reached a person. */
export interface HeardText {
  readonly text: string;
  readonly atMs: number;
}

/** The person on a seat, in touch with the bot, who writes down when what came back. */
export interface Player {
  readonly seat: Seat;
  /** The conversation with the bot, as the bot names it: by it turns are stopped, and the host's sends are found. */
  readonly conversation: string;
  /** Every text received, oldest first. */
  readonly heard: readonly HeardText[];
  /** Resolves when the network has the message. */
  say(text: string): Promise<void>;
  /** Resolves when a text was received, before or after the call. */
  whenHeard(text: string, signal: AbortSignal): Promise<void>;
  /** Resolves when everything was received that the network has by now. */
  catchUp(): Promise<void>;
}

/** A request that gets no answer. */
export interface Hang {
  /** Resolves when the network has been asked. */
  readonly reached: Promise<void>;
  remove(): void;
}

export interface CrashNetwork {
  /** `channels.<id>` of the host. */
  readonly section: JsonObject;
  /** Brings a person for each seat in touch with the bot. The gateway may still be starting. */
  meetPlayers(starting: Promise<Gateway>): Promise<Player[]>;
  /** The bot's next answer to a player stays without an answer of the network, which keeps it (`applied`) or does not. */
  hangAnswer(player: Player, applied: boolean): Hang;
  /** Takes the network away, with all it keeps on its disk, until it is put back. Absent: it stays up. */
  readonly outage?: {
    begin(): Promise<void>;
    /** Resolves when people are connected again. */
    end(): Promise<void>;
  };
}

export interface CrashChannel {
  readonly id: string;
  readonly plugin: Omit<CrashBundleOptions, "channel">;
  /** @param stack - Ends the network and its people. */
  openNetwork(
    seats: readonly Seat[],
    folder: string,
    stack: AsyncDisposableStack,
  ): Promise<CrashNetwork>;
}

/** Accounts beside the default one that seats ask for, each once. */
export function listAccounts(seats: readonly Seat[]): string[] {
  return [...new Set(seats.flatMap(({ account = [] }) => account))];
}
