import { describe, expect, it } from "vitest";
import { parseRelayUrl } from "./relay-url.ts";

describe("parseRelayUrl", () => {
  it.each([
    ["https://api.usegossip.com/api", "https://api.usegossip.com/api"],
    ["HTTPS://API.UseGossip.com:443/api///", "https://api.usegossip.com/api"],
    ["http://127.0.0.1:5557/api", "http://127.0.0.1:5557/api"],
    ["http://localhost:5557/api/", "http://localhost:5557/api"],
    ["http://[::1]:5557/api", "http://[::1]:5557/api"],
    ["http://0x7f.1:5557/api", "http://127.0.0.1:5557/api"],
  ])("normalizes %s", (text, url) => {
    expect(parseRelayUrl(text)).toBe(url);
  });

  it.each([
    "http://api.usegossip.com/api",
    "http://169.254.169.254/api",
    "http://192.168.1.10:5557/api",
    "http://0.0.0.0:5557/api",
    "http://localhost.example/api",
    "http://127.0.0.1.example/api",
    "http://127.0.0.1@evil.example/api",
    "https://user:password@relay.example/api",
    "https://relay.example/api?token=x",
    "https://relay.example/api#x",
    "ftp://relay.example/api",
    "file:///etc/passwd",
    "relay.example/api",
    "",
  ])("refuses %s", (text) => {
    expect(() => parseRelayUrl(text)).toThrow(
      expect.objectContaining({ code: "insecure_relay_url" }),
    );
  });

  it("does not repeat a password in its error", () => {
    expect(() => parseRelayUrl("https://user:hunter2@relay.example/api")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  });
});
