import { describe, expect, it } from "vitest";
import { createListServer } from "./list-server.ts";

const app = createListServer(() => '{"version":1,"peers":[]}');

describe("the server of a list", () => {
  it.each(["/", "/bootstrap.json", "/bootstrap.json?x=1"])(
    "answers %s, for web pages too",
    async (url) => {
      const { statusCode, headers, body } = await app.inject({
        url,
        headers: { origin: "https://a.example" },
      });
      expect([statusCode, body]).toEqual([200, '{"version":1,"peers":[]}']);
      expect(headers).toMatchObject({
        "access-control-allow-origin": "*",
        "content-type": "application/json; charset=utf-8",
      });
    },
  );

  it.each([
    ["GET", "/nodes.json"],
    ["GET", "/../package.json"],
    ["GET", "/%2e%2e/package.json"],
    ["POST", "/"],
    ["DELETE", "/bootstrap.json"],
  ] as const)("answers %s %s with 404", async (method, url) => {
    expect((await app.inject({ method, url })).statusCode).toBe(404);
  });
});
