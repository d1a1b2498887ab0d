import type { IdentityMaker } from "channel-kit";

/** What a run of damages has to know of one channel. */
export interface DamagedChannel<TIdentity extends { readonly userId: string } = DamagedIdentity> {
  readonly channelId: string;
  readonly account: { readonly accountId: string; readonly username: string };
  /** Files of the account's folder that are damaged. */
  readonly files: readonly string[];
  readonly maker: IdentityMaker<TIdentity>;
  /** Has an account live for a while in a state directory that does not exist yet, and stops it. */
  live(root: string, stateDir: string): Promise<void>;
  /** Opens everything that a start reads beside the identity, without a network. */
  open(identity: TIdentity, folder: string): Promise<AsyncDisposable>;
  durableKey(identity: TIdentity): Uint8Array;
}

interface DamagedIdentity {
  readonly userId: string;
}
