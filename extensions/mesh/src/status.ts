import {
  createComputedAccountStatusAdapter,
  createDefaultChannelRuntimeState,
  type ChannelAccountSnapshot,
  type ChannelStatusIssue,
} from "openclaw/plugin-sdk/status-helpers";
import {
  collectAccountIssues,
  collectOpenIssues,
  collectStopIssues,
  describeSnapshot,
} from "channel-kit";
import * as z from "zod";
import { describeNetwork, type ResolvedMeshAccount } from "./accounts.ts";
import { CHANNEL_ID, MESH } from "./config-schema.ts";
import { findLiveAccount } from "./runtime.ts";
import { formatRefusal } from "./secret-rotation.ts";

/** Whether the account has neighbors, as the running account knows it. Nothing is opened or dialed for it. */
export type MeshProbe =
  | { readonly ok: true; readonly links: number; readonly listeningPort: number | undefined }
  | { readonly ok: false; readonly error: string };

/** Looks at the running account. One that only listens is well without a neighbor. */
export function probeMeshAccount({ accountId }: Pick<ResolvedMeshAccount, "accountId">): MeshProbe {
  const figures = findLiveAccount(accountId)?.figures();
  if (figures === undefined) return { ok: false, error: "the account is not running" };
  const { lastErrorCode, links, listeningPort } = figures;
  if (links > 0 || listeningPort !== undefined) return { ok: true, links, listeningPort };
  return { ok: false, error: lastErrorCode ?? "no neighbor yet" };
}

export const meshStatusAdapter = createComputedAccountStatusAdapter<ResolvedMeshAccount, MeshProbe>(
  {
    defaultRuntime: createDefaultChannelRuntimeState("default"),
    probeAccount: async ({ account }) => probeMeshAccount(account),
    formatCapabilitiesProbe: ({ probe }) => [
      probe.ok
        ? { text: `Mesh: ${describeLinks(probe)}`, tone: "success" }
        : { text: `Mesh: ${probe.error}`, tone: "error" },
    ],
    resolveAccountSnapshot: ({ account, runtime }) => {
      const live = findLiveAccount(account.accountId);
      return describeSnapshot(account, {
        baseUrl: describeNetwork(account),
        publicKey: live?.userId ?? runtime?.publicKey ?? null,
        application: live?.figures() ?? runtime?.application,
        refusal: formatRefusal(account),
      });
    },
    collectStatusIssues: (accounts) => [
      ...collectStopIssues(CHANNEL_ID, accounts),
      ...collectOpenIssues(MESH, accounts),
      ...accounts.flatMap((account) => [
        ...collectAccountIssues(MESH, account),
        ...collectCopyIssues(account),
        ...collectLonelyIssues(account),
      ]),
    ],
  },
);

function describeLinks({ links, listeningPort }: Extract<MeshProbe, { ok: true }>): string {
  const neighbors = `${links} ${links === 1 ? "neighbor" : "neighbors"}`;
  return listeningPort === undefined ? neighbors : `${neighbors}, listens at port ${listeningPort}`;
}

const CopySchema = z.looseObject({ madeElsewhere: z.number().positive() });

/** Two copies of one state at work both answer. */
function collectCopyIssues({
  accountId,
  application,
}: ChannelAccountSnapshot): ChannelStatusIssue[] {
  if (!CopySchema.safeParse(application).success) return [];
  return [
    {
      channel: CHANNEL_ID,
      accountId,
      kind: "runtime",
      message:
        "the mesh has messages of this account that its state did not make: a backup was put back, or a copy is at work",
      fix: "Stop the other copy (a cloned machine), if there is one, and keep only one.",
    },
  ];
}

const LinksSchema = z.looseObject({
  links: z.literal(0),
  listeningPort: z.number().nullish(),
});

/** Nothing to dial, and nobody can dial in: this account will never hear anybody. */
function collectLonelyIssues({
  accountId,
  application,
  baseUrl,
}: ChannelAccountSnapshot): ChannelStatusIssue[] {
  const found = LinksSchema.safeParse(application);
  if (!found.success || baseUrl !== "no peers") return [];
  return [
    {
      channel: CHANNEL_ID,
      accountId,
      kind: "config",
      message: "the account knows no peer and does not listen, so it hears nobody",
      fix: "Name a list of peers: openclaw config set channels.mesh.bootstrapUrl https://...",
    },
  ];
}
