import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  ConvosClient,
  generateMnemonic,
  rootFromMnemonic,
} from "../../packages/convos-node-sdk/src/index.ts";
import { type LocalNodeFaults, startLocalNode } from "../../packages/xmtp-local-node/src/index.ts";
import { CONVOS_POINTS, CRASH_TIMING, LEAST_ECHO_BYTES, readEcho } from "./convos-line.ts";
import type { CrashWorld } from "./crash-run.ts";
import { ECHO_POINTS } from "./kill-points.ts";

/** A node, and a peer who has made a conversation on it and writes into it. */
export async function createConvosWorld(folder: string): Promise<CrashWorld> {
  await using building = new AsyncDisposableStack();
  const node = building.use(await startLocalNode());
  const client = building.use(
    await ConvosClient.open({
      folder: path.join(folder, "peer"),
      root: rootFromMnemonic(generateMnemonic()),
      env: "local",
      apiUrl: node.url,
      timing: CRASH_TIMING,
    }),
  );
  const { id } = await client.createConversation();
  const { url: invite } = await client.createInvite(id);
  let sent = 0;
  const owned = building.move();
  return {
    childFile: fileURLToPath(new URL("./convos-child.ts", import.meta.url)),
    mnemonic: generateMnemonic(),
    networkUrl: node.url,
    invite,
    points: {
      child: [...ECHO_POINTS, ...CONVOS_POINTS],
      network: ["send_unapplied", "send_applied", "subscribing"],
    },
    arm: (point, occurrence, kill) => arm(node.faults, point, occurrence, kill),
    async meet(startChild) {
      const joined = waitForMember(client);
      await startChild();
      await joined;
    },
    run: (signal) => client.run({ signal }),
    line: {
      async send(text) {
        sent += 1;
        await client.send(id, { type: "text", text }, { key: String(sent) });
      },
      async *texts(signal) {
        for await (const event of client.events({ signal })) {
          const text = readEcho(event);
          if (text !== undefined) yield text;
          client.markHandled(event.id);
        }
      },
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Resolves when the child was let in: what is written before, it can never read. */
async function waitForMember(client: ConvosClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = client.onStatusChange(() => {
    if (client.conversations().some(({ memberCount }) => memberCount > 1)) resolve();
  });
  await promise.finally(stop);
}

function arm(
  faults: LocalNodeFaults,
  point: string,
  occurrence: number,
  kill: () => void,
): () => void {
  const fault =
    point === "subscribing"
      ? faults.inject({ kind: "hang", methods: ["SubscribeGroupMessages"], times: 1 })
      : faults.inject({
          kind: "hang",
          applied: point === "send_applied",
          methods: ["SendGroupMessages"],
          match: (request) => request.length > LEAST_ECHO_BYTES,
          skip: occurrence - 1,
          times: 1,
        });
  void fault.reached(1).then(kill);
  return () => fault.remove();
}
