import { describe, expect, it } from "vitest";
import { GossipChannelError, needsOperator, toStartError } from "./errors.ts";
import { mapSendError } from "./send-errors.ts";

function coded(code: string): Error {
  return Object.assign(new Error(`secret text behind ${code}`), { code });
}

describe("an error while a message is queued", () => {
  it.each(["unknown_peer", "too_large", "invalid_user_id"])(
    "that trying again cannot mend (%s) is given up at once",
    (code) => {
      expect(mapSendError(coded(code))).toMatchObject({
        code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
        retryable: false,
      });
    },
  );

  it("is named by its code and not by words of a dependency", () => {
    expect(String(mapSendError(coded("relay_unreachable")))).not.toContain("secret text");
  });

  it("that nobody knows stays what it is: perhaps the message left", () => {
    const bug = new TypeError("bug");
    expect(mapSendError(bug)).toBe(bug);
  });
});

describe("an error at the start", () => {
  it.each([
    ["wrong_key", "state_unusable"],
    ["state_newer", "state_unusable"],
    ["insecure_relay_url", "relay_refused"],
    ["insecure_state_path", "identity_unsafe"],
  ])("%s of another package waits for the operator", (code, expected) => {
    const error = toStartError(coded(code));
    expect(error.code).toBe(expected);
    expect(needsOperator(error)).toBe(true);
    expect(error.message).not.toContain("secret text");
  });

  it("that nobody knows is worth another try", () => {
    const error = toStartError(coded("SQLITE_BUSY"));
    expect(error).toMatchObject({
      code: "start_failed",
      message: expect.stringContaining("SQLITE_BUSY"),
    });
    expect(needsOperator(error)).toBe(false);
  });

  it("of our own keeps its words", () => {
    const error = new GossipChannelError("already_running", "gossip: in use by process 7");
    expect(toStartError(error)).toBe(error);
    expect(needsOperator(error)).toBe(false);
  });
});
