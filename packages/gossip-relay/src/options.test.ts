import { describe, expect, it } from "vitest";
import { resolveRelayOptions } from "./options.ts";

describe("relay options", () => {
  it("default to loopback, a free port, memory, and thirty days", () => {
    expect(resolveRelayOptions({})).toMatchObject({
      host: "127.0.0.1",
      port: 0,
      databasePath: ":memory:",
      retentionMs: 30 * 24 * 3_600_000,
    });
  });

  it.each([
    { port: 65_536 },
    { port: 1.5 },
    { port: Number.NaN },
    { retentionMs: -1 },
    { pruneIntervalMs: 2 ** 31 },
    { maxAnnouncementBytes: 100 },
    { rateLimit: { requests: 0, perMs: 1_000 } },
    { maxDatabaseBytes: 1 },
    { host: "" },
    { databasePath: "" },
  ])("refuse %o", (options) => {
    expect(() => resolveRelayOptions(options)).toThrow(
      expect.objectContaining({ code: "invalid_option" }),
    );
  });
});
