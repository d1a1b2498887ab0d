import { describe, expect, it } from "vitest";
import { buildHostConfig } from "./host-config.ts";

const facts = {
  port: 21_000,
  token: "t",
  logFile: "/h/gateway.log",
  workspace: "/h/workspace",
  model: { baseUrl: "http://127.0.0.1:1/v1", modelId: "scripted-1" },
};

describe("buildHostConfig", () => {
  it("listens on loopback only, with a token, and asks nobody for updates", () => {
    expect(buildHostConfig(facts)).toMatchObject({
      gateway: { bind: "loopback", port: 21_000, auth: { mode: "token", token: "t" } },
      update: { checkOnStart: false },
      discovery: { mdns: { mode: "off" } },
      session: { dmScope: "per-channel-peer" },
      agents: { defaults: { model: { primary: "scripted/scripted-1" } } },
    });
  });

  it("allows and enables the named plugins and no other", () => {
    const config = buildHostConfig({ ...facts, plugins: { allow: ["gossip"], loadPaths: ["/p"] } });
    expect(config["plugins"]).toEqual({
      allow: ["gossip"],
      entries: { gossip: { enabled: true } },
      load: { paths: ["/p"] },
    });
  });

  it("leaves the owners unset unless they are given", () => {
    expect(buildHostConfig(facts)).not.toHaveProperty("commands");
    expect(buildHostConfig({ ...facts, ownerAllowFrom: ["gossip:me"] })).toMatchObject({
      commands: { ownerAllowFrom: ["gossip:me"] },
    });
  });

  it("lets the caller's own keys win", () => {
    const config = buildHostConfig({ ...facts, config: { session: { dmScope: "main" } } });
    expect(config["session"]).toEqual({ dmScope: "main" });
  });
});
