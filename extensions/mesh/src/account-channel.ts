import type { AccountChannel } from "channel-kit/cold";
import type { CliContext } from "channel-kit/terminal";
import { listMeshAccountIds, resolveMeshAccount, type ResolvedMeshAccount } from "./accounts.ts";
import type { MeshIdentity } from "./client-identity.ts";
import { MESH } from "./config-schema.ts";
import { START_FAILURES } from "./errors.ts";
import { shortenPeerId } from "./targets.ts";

/** What a command of `openclaw mesh` works with. */
export type MeshContext = CliContext<ResolvedMeshAccount>;

/** This channel as the shared rooms see it. */
export const meshChannel: AccountChannel<ResolvedMeshAccount, MeshIdentity> = {
  ...MESH,
  phraseVariable: "MESH_MNEMONIC",
  listAccountIds: listMeshAccountIds,
  resolveAccount: resolveMeshAccount,
  shortenId: shortenPeerId,
  phraseWarning:
    "Do not run one phrase on two machines at the same time: both would answer, and their messages contradict each other.",
  startFailures: START_FAILURES,
  loadIdentities: async () => {
    const { deriveDurableKey, identityMaker, phraseRules } = await import("./client-identity.ts");
    return { maker: identityMaker, phraseRules, deriveDurableKey };
  },
};
