/** The gRPC status codes that this node answers with, or can be told to. */
export const GRPC_CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type GrpcCode = keyof typeof GRPC_CODES;

/** How a call ends that did not end well. The message goes to the client: a rule and sizes, no contents. */
export class GrpcStatus extends Error {
  override readonly name = "GrpcStatus";
  readonly code: GrpcCode;

  constructor(code: GrpcCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A request that breaks a rule of the API. */
export function invalidArgument(message: string): GrpcStatus {
  return new GrpcStatus("INVALID_ARGUMENT", message);
}
