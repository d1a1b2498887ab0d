import { describe, expect, it } from "vitest";
import { isLoopbackHost, isOwnName, judgeCaller } from "./door.ts";

const policy = {
  isLoopbackOnly: true,
  publicHosts: ["Mesh.example"],
  allowedOrigins: ["https://app.example"],
};

describe("judgeCaller", () => {
  it.each(["127.0.0.1:5000", "localhost", "[::1]:5000", "mesh.example", "MESH.example:443"])(
    "opens for Host %s",
    (host) => expect(judgeCaller({ host }, policy)).toBe("open"),
  );

  it.each(["evil.example", "127.0.0.1.evil.example:80", "127.0.0.1@evil.example", "", undefined])(
    "keeps Host %s out, as DNS rebinding would send it",
    (host) => expect(judgeCaller({ host }, policy)).toBe("foreign_host"),
  );

  it.each(["https://evil.example", "null", "http://localhost", "https://app.example.evil", ""])(
    "keeps Origin %j out, also on a public address",
    (origin) => {
      expect(judgeCaller({ host: "localhost", origin }, policy)).toBe("foreign_origin");
      const open = { ...policy, isLoopbackOnly: false, publicHosts: [] };
      expect(judgeCaller({ host: "any.example", origin }, open)).toBe("foreign_origin");
    },
  );

  it("opens for a page that is named, and on a public address without names for any Host", () => {
    const origin = "https://app.example";
    expect(judgeCaller({ host: "localhost", origin }, policy)).toBe("open");
    const open = { ...policy, isLoopbackOnly: false, publicHosts: [] };
    expect(judgeCaller({ host: "any.example" }, open)).toBe("open");
    expect(judgeCaller({ host: "x" }, { ...open, publicHosts: ["y"] })).toBe("foreign_host");
  });
});

describe("an IPv6 address among the names under which we are reached", () => {
  it.each(["2001:db8::1", "[2001:db8::1]", "2001:DB8:0:0::1"])(
    "%s opens for callers of it, and is our own name",
    (own) => {
      const named = { ...policy, isLoopbackOnly: false, publicHosts: [own] };
      expect(judgeCaller({ host: "[2001:db8::1]:5000" }, named)).toBe("open");
      expect(isOwnName("[2001:db8::1]:5000", "10.0.0.1", named)).toBe(true);
      expect(judgeCaller({ host: "[2001:db8::2]:5000" }, named)).toBe("foreign_host");
    },
  );
});

describe("isOwnName", () => {
  it.each([
    ["192.168.1.2:5000", "192.168.1.2"],
    ["192.168.1.2:5000", "::ffff:192.168.1.2"],
    ["[2001:DB8:0::1]:5000", "2001:db8::1"],
    ["[fe80::1]", "fe80::1%eth0"],
    ["localhost:5000", "127.0.0.1"],
    ["MESH.example", "10.0.0.1"],
  ])("takes %s at %s for our own", (host, localAddress) => {
    expect(isOwnName(host, localAddress, policy)).toBe(true);
  });

  it.each([
    ["middle.example:5000", "192.168.1.2"],
    ["192.168.1.3:5000", "192.168.1.2"],
    ["192.168.1.2.middle.example", "192.168.1.2"],
    ["192.168.1.2@middle.example", "192.168.1.2"],
    ["", "192.168.1.2"],
    [undefined, undefined],
  ])("takes %s at %s for somebody else's", (host, localAddress) => {
    expect(isOwnName(host, localAddress, { publicHosts: [] })).toBe(false);
  });
});

it.each(["0.0.0.0", "::", "192.168.1.2", "127.0.0.1.evil.example", ""])(
  "does not take %s for this machine",
  (host) => expect(isLoopbackHost(host)).toBe(false),
);
