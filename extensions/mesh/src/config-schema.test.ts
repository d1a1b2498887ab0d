import { describe, expect, it } from "vitest";
import { peerIdOf } from "../test-support/facts.ts";
import { meshConfigSchema } from "./config-schema.ts";

function problemsOf(section: Record<string, unknown>): string[] {
  const parsed = meshConfigSchema().safeParse(section);
  return (parsed.error?.issues ?? []).map(({ path }) => path.join("."));
}

describe("channels.mesh", () => {
  it("needs nothing but to be enabled", () => {
    expect(problemsOf({ enabled: true })).toEqual([]);
  });

  it("takes everything that the page names", () => {
    const id = peerIdOf(1);
    expect(
      problemsOf({
        enabled: true,
        name: "Clawd",
        mnemonic: { source: "env", provider: "default", id: "MESH_MNEMONIC" },
        channels: ["lobby", "#dev", "größe"],
        listen: { host: "0.0.0.0", port: 5000, publicHosts: ["mesh.example"] },
        peers: ["wss://a.example", "ws://b.example:5000/x"],
        bootstrapUrl: "https://mesh.example/bootstrap.json",
        bootstrapSigner: id,
        allowPrivateAddresses: true,
        allowUnverified: true,
        plainPeers: [id],
        retentionDays: 7,
        dmPolicy: "allowlist",
        allowFrom: [id],
        groupPolicy: "open",
        groupAllowFrom: [id],
        groups: { "*": { requireMention: true }, "#dev": { enabled: false, allowFrom: [id] } },
        backlog: "merge",
        turnBudget: { perPerson: 3 },
        loopBudget: { messages: 5, minutes: 1 },
        botLoopProtection: { maxEventsPerWindow: 4 },
        replyToMode: "off",
        strings: { approved: "Hi" },
        accounts: { work: { channels: ["#work"] } },
      }),
    ).toEqual([]);
  });

  it.each([
    ["the channel of two peers", { channels: [`dm:${peerIdOf(1)}:${peerIdOf(2)}`] }, "channels.0"],
    ["the box of a peer", { channels: ["box1-abc"] }, "channels.0"],
    ["a peer for a channel", { channels: [peerIdOf(1)] }, "channels.0"],
    ["a channel with a line break", { channels: ["lob\nby"] }, "channels.0"],
    ["channels that differ in case alone", { channels: ["Lobby", "lobby"] }, "channels"],
    ["a list over plain http", { bootstrapUrl: "http://mesh.example/list" }, "bootstrapUrl"],
    ["a web address for a peer", { peers: ["https://a.example"] }, "peers.0"],
    ["credentials in an address", { peers: ["wss://me:secret@a.example"] }, "peers.0"],
    ["a signer that is no key", { bootstrapSigner: "abc" }, "bootstrapSigner"],
    ["the policy open without everybody", { dmPolicy: "open" }, "allowFrom"],
    ["everybody without the policy open", { allowFrom: ["*"] }, "allowFrom"],
    ["a listener without a port", { listen: { host: "0.0.0.0" } }, "listen.port"],
    ["an unknown key", { port: 5000 }, ""],
  ])("refuses %s", (_what, section, where) => {
    expect(problemsOf({ enabled: true, ...section })).toContain(where);
  });
});
