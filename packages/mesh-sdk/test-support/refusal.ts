import { MeshError, type MeshErrorCode } from "../src/errors.ts";

/** The code with which a call was refused, undefined when it was not; any other error is thrown on. */
export function refusalOf(call: () => unknown): MeshErrorCode | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof MeshError) return error.code;
    throw error;
  }
}

/** The same for a call that takes its time. */
export async function lateRefusalOf(
  call: () => Promise<unknown>,
): Promise<MeshErrorCode | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (error instanceof MeshError) return error.code;
    throw error;
  }
}
