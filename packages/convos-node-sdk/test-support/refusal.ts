import { ConvosError, type ConvosErrorCode } from "../src/errors.ts";

/** The code with which a call was refused, undefined when it was not; any other error is thrown on. */
export function refusalOf(call: () => unknown): ConvosErrorCode | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof ConvosError) return error.code;
    throw error;
  }
}
