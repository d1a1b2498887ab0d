import { existsSync } from "node:fs";
import type { Backend, Client, InboxState } from "@xmtp/node-bindings";
import { ConvosError, keyInUse } from "../errors.ts";
import { type ConvosKey, signPersonalMessage } from "../identity/key.ts";
import type { ConvosNetwork } from "../invite/invite-text.ts";
import { ANSWER_MAX_MS, callXmtp, type XmtpCall } from "./call-xmtp.ts";
import { closeClient } from "./close-client.ts";
import { ENVIRONMENT, IDENTIFIER_ETHEREUM, LOG_OFF, SYNC_DISABLED, WORKER } from "./enums.ts";
import { createInbox, type InboxOptions } from "./inbox.ts";
import { loadNative, type Native } from "./native.ts";
import { openAlone } from "./open-alone.ts";
import type { OpenInboxOptions, XmtpInbox, XmtpNetwork } from "./port.ts";

/** Device sync would tie the inboxes of one person together, and the other two do what we do not use. */
const DISABLED_WORKERS = [WORKER.deviceSync, WORKER.disappearingMessages, WORKER.commitLog];

/** Where XMTP's library connects to, which it does not tell. */
const NODE_URLS: Readonly<Record<ConvosNetwork, string>> = {
  local: "http://localhost:5556",
  dev: "https://grpc.dev.xmtp.network:443",
  production: "https://grpc.production.xmtp.network:443",
};

/**
 * The XMTP network through its native module.
 *
 * The module is used directly and not through `@xmtp/node-sdk`: its wrapper hides the raw content of types it does not
 * know and the means to prepare a message before it is published, and receiving and sending without loss need both.
 *
 * @param options.apiUrl - Address of a node; the network's own unless given.
 * @param options.answerMaxMs - How long a call waits for the node; two minutes unless given, and five times as long for a sync.
 */
export function createXmtpNetwork(options: {
  readonly env: ConvosNetwork;
  readonly apiUrl?: string;
  readonly answerMaxMs?: number;
}): XmtpNetwork {
  const { answerMaxMs = ANSWER_MAX_MS } = options;
  const nodeUrl = options.apiUrl ?? NODE_URLS[options.env];
  // Each inbox has a connection of its own: one connection for all would let a node tell that they belong together.
  const connect = async (native: Native): Promise<Backend> => {
    const builder = new native.BackendBuilder(ENVIRONMENT[options.env]);
    if (options.apiUrl !== undefined) builder.setApiUrl(options.apiUrl);
    return builder.build();
  };
  const lookUp: XmtpCall = (operation, work) => callXmtp(operation, work, { answerMaxMs });
  return {
    openInbox({ signal, onStuck = () => {}, ...inbox }) {
      const open = async (): Promise<XmtpInbox> => {
        const native = await loadNative();
        const backend = await connect(native);
        return openInbox(native, backend, { ...inbox, nodeUrl, answerMaxMs, onStuck });
      };
      return openAlone(inbox.databasePath, open, { ...(signal && { signal }), answerMaxMs });
    },
    fetchAddresses: (inboxId) =>
      lookUp("look up inbox", async () => {
        const native = await loadNative();
        const states = await fetchStates(native, await connect(native), inboxId);
        return states.flatMap(({ identifiers }) =>
          identifiers
            .filter(({ identifierKind }) => identifierKind === IDENTIFIER_ETHEREUM)
            .map(({ identifier }) => identifier.toLowerCase()),
        );
      }),
    countInstallations: (inboxId) =>
      lookUp("look up inbox", async () => {
        const native = await loadNative();
        return countInstallations(native, await connect(native), inboxId);
      }),
    isRegistered: (address) =>
      lookUp("look up address", async () => {
        const native = await loadNative();
        const identifier = { identifier: address, identifierKind: IDENTIFIER_ETHEREUM };
        return (await native.getInboxIdByIdentity(await connect(native), identifier)) !== null;
      }),
  };
}

async function openInbox(
  native: Native,
  backend: Backend,
  {
    key,
    databasePath,
    databaseKey,
    mayAddInstallation,
    ...options
  }: Omit<OpenInboxOptions, "onStuck" | "signal"> & InboxOptions,
): Promise<XmtpInbox> {
  const assertMayRegister = async (): Promise<void> => {
    if (mayAddInstallation) return;
    if ((await countInstallations(native, backend, key.inboxId)) > 0) throw keyInUse();
  };
  // First: where there was nothing, a refusal leaves nothing.
  if (!existsSync(databasePath)) await assertMayRegister();
  const client = await native.createClientWithBackend(
    backend,
    { dbPath: databasePath, encryptionKey: databaseKey, useSingleConnection: true },
    key.inboxId,
    { identifier: key.address, identifierKind: IDENTIFIER_ETHEREUM },
    SYNC_DISABLED,
    { disabledWorkers: DISABLED_WORKERS },
    { level: LOG_OFF },
    // A registered inbox opens from its database alone; the network is waited for later.
    true,
  );
  try {
    if (client.inboxId() !== key.inboxId) {
      throw new ConvosError("wrong_key", "open inbox: the database belongs to another inbox");
    }
    if (!client.isRegistered()) {
      await assertMayRegister();
      await register(client, key);
    }
    return createInbox(client, { ...options, databasePath });
  } catch (error) {
    await closeClient(client, databasePath);
    throw error;
  }
}

async function countInstallations(
  native: Native,
  backend: Backend,
  inboxId: string,
): Promise<number> {
  const states = await fetchStates(native, backend, inboxId);
  return states.reduce((total, { installations }) => total + installations.length, 0);
}

/** None for an inbox that nobody registered. */
async function fetchStates(
  native: Native,
  backend: Backend,
  inboxId: string,
): Promise<InboxState[]> {
  try {
    return await native.fetchInboxStatesByInboxIds(backend, [inboxId]);
  } catch (error) {
    if (error instanceof Error && /Missing identity update/u.test(error.message)) return [];
    throw error;
  }
}

async function register(client: Client, key: ConvosKey): Promise<void> {
  const request = await client.createInboxSignatureRequest();
  if (request === null) return;
  const text = await request.signatureText();
  await request.addEcdsaSignature(signPersonalMessage(key.privateKey, text));
  await client.registerIdentity(request);
}
