import type { GrpcCalls, StreamingCall, UnaryCall } from "../grpc/grpc-server.ts";
import type { MessageHub } from "../streams/message-hub.ts";
import type { TopicFilter } from "../streams/subscription.ts";
import { Fields } from "../wire/fields.ts";
import type { CallContext, MessageKind } from "./call-context.ts";
import { batchPublishCommitLog, batchQueryCommitLog } from "./commit-log-calls.ts";
import {
  getNewestGroupMessage,
  queryGroupMessages,
  readGroupFilters,
  readWelcomeFilters,
  sendGroupMessages,
} from "./group-calls.ts";
import {
  getIdentityUpdates,
  getInboxIds,
  publishIdentityUpdate,
  verifySmartContractWalletSignatures,
} from "./identity-calls.ts";
import { fetchKeyPackages, registerInstallation, uploadKeyPackage } from "./key-package-calls.ts";
import { queryWelcomeMessages, sendWelcomeMessages } from "./welcome-calls.ts";

const MLS_SERVICE = "xmtp.mls.api.v1.MlsApi";
const IDENTITY_SERVICE = "xmtp.identity.api.v1.IdentityApi";

const UNARY = {
  UploadKeyPackage: [MLS_SERVICE, uploadKeyPackage],
  RegisterInstallation: [MLS_SERVICE, registerInstallation],
  FetchKeyPackages: [MLS_SERVICE, fetchKeyPackages],
  SendGroupMessages: [MLS_SERVICE, sendGroupMessages],
  SendWelcomeMessages: [MLS_SERVICE, sendWelcomeMessages],
  QueryGroupMessages: [MLS_SERVICE, queryGroupMessages],
  QueryWelcomeMessages: [MLS_SERVICE, queryWelcomeMessages],
  GetNewestGroupMessage: [MLS_SERVICE, getNewestGroupMessage],
  BatchPublishCommitLog: [MLS_SERVICE, batchPublishCommitLog],
  BatchQueryCommitLog: [MLS_SERVICE, batchQueryCommitLog],
  PublishIdentityUpdate: [IDENTITY_SERVICE, publishIdentityUpdate],
  GetIdentityUpdates: [IDENTITY_SERVICE, getIdentityUpdates],
  GetInboxIds: [IDENTITY_SERVICE, getInboxIds],
  VerifySmartContractWalletSignatures: [IDENTITY_SERVICE, verifySmartContractWalletSignatures],
} as const satisfies Record<string, readonly [string, ContextCall]>;

const STREAMING = {
  SubscribeGroupMessages: ["group", readGroupFilters],
  SubscribeWelcomeMessages: ["welcome", readWelcomeFilters],
} as const satisfies Record<string, readonly [MessageKind, (request: Fields) => TopicFilter[]]>;

type ContextCall = (context: CallContext, request: Fields) => Uint8Array;

/** Every method that this node knows. */
export type LocalNodeMethod = keyof typeof UNARY | keyof typeof STREAMING;

/** The calls by their path on the wire. */
export function createCalls(
  context: CallContext,
  hubs: Readonly<Record<MessageKind, MessageHub>>,
): GrpcCalls {
  const unary = new Map<string, UnaryCall>();
  for (const [method, [service, call]] of Object.entries(UNARY)) {
    unary.set(`/${service}/${method}`, (request) => call(context, new Fields(request)));
  }
  const streaming = new Map<string, StreamingCall>();
  for (const [method, [kind, readFilters]] of Object.entries(STREAMING)) {
    streaming.set(`/${MLS_SERVICE}/${method}`, (request, sink) =>
      hubs[kind].subscribe(readFilters(new Fields(request)), sink),
    );
  }
  return { unary, streaming };
}

/** The method that a path means, if it is one of ours. */
export function methodOfPath(path: string): LocalNodeMethod | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return isMethod(name) ? name : undefined;
}

function isMethod(name: string): name is LocalNodeMethod {
  return name in UNARY || name in STREAMING;
}
