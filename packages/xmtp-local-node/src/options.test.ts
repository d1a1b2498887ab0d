import { describe, expect, it } from "vitest";
import { resolveLocalNodeOptions } from "./options.ts";

describe("the options of a node", () => {
  it("are all optional: loopback, a free port, nothing on disk", () => {
    expect(resolveLocalNodeOptions({})).toMatchObject({
      port: 0,
      host: "127.0.0.1",
      db: ":memory:",
    });
  });

  it.each(["127.0.0.1", "127.8.9.10", "localhost", "::1"])("take %s as host", (host) => {
    expect(resolveLocalNodeOptions({ host }).host).toBe(host);
  });

  it.each([
    { host: "0.0.0.0" },
    { host: "::" },
    { host: "192.168.1.2" },
    { host: "127.0.0.1.example.org" },
    { host: "" },
    { db: "" },
    { port: -1 },
    { port: 65_536 },
    { port: 1.5 },
    { maxStreamBacklog: 0 },
  ])("refuse %j", (options) => {
    expect(() => resolveLocalNodeOptions(options)).toThrow(
      expect.objectContaining({ code: "invalid_option" }),
    );
  });
});
