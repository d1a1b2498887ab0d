import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelNames } from "./channel-names.ts";
import type { StartFailures } from "./errors.ts";
import type { IdentityAccount, IdentityMaker } from "./identity.ts";
import type { PhraseRules } from "./phrase-entry.ts";

/** What every channel's resolved account has; a channel adds its own. */
export interface ChannelAccount extends IdentityAccount {
  readonly configured: boolean;
  readonly enabled: boolean;
}

/** What the shared rooms need of a protocol to make and open identities. */
export interface IdentityPort<TIdentity extends { readonly userId: string }> {
  readonly maker: IdentityMaker<TIdentity>;
  readonly phraseRules: PhraseRules;
  /** Key of our own queue and outbox file: 32 bytes that follow from the identity and from nothing on disk. */
  deriveDurableKey(identity: TIdentity): Uint8Array;
}

/** A channel as the shared rooms see it: its names, its accounts, and how to reach its protocol. */
export interface AccountChannel<
  TAccount extends ChannelAccount = ChannelAccount,
  TIdentity extends { readonly userId: string } = { readonly userId: string },
> extends ChannelNames {
  /** Environment variable, and name in the secret store, of the recovery words; e.g. `GOSSIP_MNEMONIC`. */
  readonly phraseVariable: string;
  readonly listAccountIds: (cfg: OpenClawConfig) => string[];
  readonly resolveAccount: (cfg: OpenClawConfig, accountId?: string | null) => TAccount;
  /** For lines that people read; not unique. */
  readonly shortenId: (userId: string) => string;
  /** What somebody must know who restores from words, if anything; e.g. that two devices must not share them. */
  readonly phraseWarning: string | undefined;
  readonly startFailures: StartFailures;
  /** Loads the protocol, which listing and looking do without. */
  readonly loadIdentities: () => Promise<IdentityPort<TIdentity>>;
}

/** Our queue and outbox, in the folder of the identity; the protocol client keeps its own databases beside it. */
export const DURABLE_FILE = "channel.db";
