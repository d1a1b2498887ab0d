import { GossipError, type GossipErrorCode } from "../src/errors.ts";

/** The code with which a call was refused, undefined when it was not; any other error is thrown on. */
export function refusalOf(call: () => unknown): GossipErrorCode | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof GossipError) return error.code;
    throw error;
  }
}
