import { GrpcStatus } from "../src/grpc/status.ts";

/** The code of the status that some work ends with, and its message; "OK" when there is none. Other errors go on. */
export function refusalOf(work: () => unknown): {
  readonly code: string;
  readonly message: string;
} {
  try {
    work();
  } catch (error) {
    if (error instanceof GrpcStatus) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: "OK", message: "" };
}
