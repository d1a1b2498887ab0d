import { describe, expect, it } from "vitest";
import { assertExpectedCaller, isLoopbackHost } from "./loopback.ts";

describe("isLoopbackHost", () => {
  it.each(["localhost", "LOCALHOST", "127.0.0.1", "127.255.0.3", "::1", "[::1]"])(
    "takes %s for this machine",
    (host) => {
      expect(isLoopbackHost(host)).toBe(true);
    },
  );

  it.each(["0.0.0.0", "::", "192.168.1.2", "127.0.0.1.evil.example", "localhost.evil.example", ""])(
    "does not take %s for this machine",
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});

describe("assertExpectedCaller on loopback", () => {
  const policy = {
    isLoopbackOnly: true,
    allowedHosts: ["relay.example"],
    allowedOrigins: ["https://app.example"],
  };
  const pass = (headers: { host?: string; origin?: string }) => () =>
    assertExpectedCaller(headers, policy);

  it.each(["127.0.0.1:5557", "localhost", "[::1]:5557", "relay.example", "Relay.Example:443"])(
    "lets Host %s in",
    (host) => {
      expect(pass({ host })).not.toThrow();
    },
  );

  it.each([
    "evil.example",
    "evil.example:5557",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "evil.example#127.0.0.1",
    "",
    undefined,
  ])("refuses Host %s, as DNS rebinding would send it", (host) => {
    expect(pass(host === undefined ? {} : { host })).toThrow(
      expect.objectContaining({ status: 421, code: "foreign_host" }),
    );
  });

  it.each(["http://localhost:5173", "capacitor://localhost", "https://app.example"])(
    "lets Origin %s in",
    (origin) => {
      expect(pass({ host: "localhost", origin })).not.toThrow();
    },
  );

  it.each([
    "https://evil.example",
    "null",
    "http://localhost.evil.example",
    "https://app.example.evil",
  ])("refuses Origin %s", (origin) => {
    expect(pass({ host: "localhost", origin })).toThrow(
      expect.objectContaining({ status: 403, code: "foreign_origin" }),
    );
  });
});

describe("assertExpectedCaller on a public address", () => {
  it("lets any name and origin in unless some are named", () => {
    const open = { isLoopbackOnly: false, allowedHosts: [], allowedOrigins: [] };
    const headers = { host: "relay.example", origin: "https://anything.example" };
    expect(() => assertExpectedCaller(headers, open)).not.toThrow();
    const strict = { ...open, allowedOrigins: ["https://app.example"] };
    expect(() => assertExpectedCaller(headers, strict)).toThrow(
      expect.objectContaining({ code: "foreign_origin" }),
    );
  });
});
