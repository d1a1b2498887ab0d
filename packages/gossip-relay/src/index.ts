export { GossipRelayError, type GossipRelayErrorCode } from "./errors.ts";
export type { ActiveFault, Fault, FaultResponder, FaultScope, RelayFaults } from "./faults.ts";
export type { RequestLogLine } from "./metrics.ts";
export type { RelayOptions } from "./options.ts";
export type { RateLimit } from "./rate-limit.ts";
export type { RelayRoute } from "./routes.ts";
export { type RelayStats, type RunningRelay, startRelay } from "./start-relay.ts";
