import type { StoreErrorCode } from "../src/store-error.ts";

/** The error class of an SDK that does not exist. */
export class TestStoreError extends Error {
  override readonly name = "TestStoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
