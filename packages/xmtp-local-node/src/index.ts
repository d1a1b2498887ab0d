export type { LocalNodeMethod } from "./calls/create-calls.ts";
export { XmtpLocalNodeError, type XmtpLocalNodeErrorCode } from "./errors.ts";
export type {
  ActiveFault,
  Fault,
  FaultScope,
  LocalNodeFaults,
  WithheldMessages,
  WithholdScope,
} from "./faults/faults.ts";
export type { GrpcCode } from "./grpc/status.ts";
export type { LocalNodeOptions } from "./options.ts";
export { type LocalNodeStats, type RunningLocalNode, startLocalNode } from "./start-local-node.ts";
