// What a command line asks of the gateway that runs the account, beside what it asks of every channel.
import * as kit from "channel-kit";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { MESH } from "./config-schema.ts";
import { liveAccounts, type LiveAccount } from "./runtime.ts";

export const OPERATOR_METHODS = {
  ...kit.operatorMethods(MESH),
  neighbors: `${MESH.id}.peers`,
} as const;

/** Figures of a running account; `running` is false when this gateway does not have it. */
export const StatusAnswerSchema = z.object({
  running: z.boolean(),
  userId: z.string().optional(),
  figures: z
    .object({
      ...kit.liveFiguresShape,
      links: z.number(),
      provenLinks: z.number(),
      listeningPort: z.number().optional(),
      storedMessages: z.number(),
      storedBytes: z.number(),
      quarantined: z.number(),
      madeElsewhere: z.number(),
      unsentInMesh: z.number(),
    })
    .optional(),
});

export const NeighborsAnswerSchema = z.object({
  neighbors: z.array(
    z.object({
      peerId: z.string(),
      isProven: z.boolean(),
      isOurs: z.boolean(),
      direction: z.enum(["in", "out"]),
      connectedAtMs: z.number(),
    }),
  ),
});

export function registerOperatorMethods(
  api: Pick<OpenClawPluginApi, "registerGatewayMethod">,
): void {
  const scope: kit.MethodScope<LiveAccount> = { api, names: MESH, accounts: liveAccounts };
  kit.registerOperatorMethods(scope);
  kit.registerAccountMethod(scope, OPERATOR_METHODS.neighbors, "operator.read", (account) =>
    Promise.resolve({
      neighbors: account
        .neighbors()
        .map(({ connectedAtMs, direction, isOurs, isProven, peerId }) => ({
          peerId,
          isProven,
          isOurs,
          direction,
          connectedAtMs,
        })),
    }),
  );
}
