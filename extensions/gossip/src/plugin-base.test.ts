import { readFileSync } from "node:fs";
import { bech32 } from "@scure/base";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
import { describe, expect, it } from "vitest";
import { gossipPlugin } from "./channel.ts";
import { gossipPluginBase } from "./plugin-base.ts";

const ID = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(3)));
const cfg = { channels: { gossip: { enabled: true } } };

describe("the channel object", () => {
  it("says of itself what package.json says", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    expect(JSON.parse(text)).toMatchObject({ openclaw: { channel: gossipPluginBase.meta } });
  });

  it("can send, start and be asked for its state only in its whole form", () => {
    expect(Object.keys(gossipPluginBase)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:gateway|message|outbound)$/)]),
    );
    expect(gossipPlugin).toMatchObject({
      gateway: { startAccount: expect.any(Function) },
      message: { id: "gossip" },
      outbound: { deliveryMode: "gateway" },
      pairing: { idLabel: "gossipUserId" },
      status: { probeAccount: expect.any(Function) },
    });
  });

  it("restarts the account for a new identity or relay, not for new access rules", () => {
    expect(gossipPluginBase.reload).toMatchObject({
      configPrefixes: ["channels.gossip"],
      noopPrefixes: expect.arrayContaining([
        "channels.gossip.allowFrom",
        "channels.gossip.accounts.*.dmPolicy",
      ]),
    });
  });
});

describe("a target", () => {
  it("is a user id in any accepted form, and a name never is", async () => {
    const { messaging } = gossipPluginBase;
    expect(messaging?.normalizeTarget?.(ID.toUpperCase())).toBe(`gossip:${ID}`);
    expect(messaging?.normalizeTarget?.("Alice")).toBeUndefined();
    await expect(
      messaging?.targetResolver?.resolveTarget?.({ cfg, input: "Alice", normalized: "alice" }),
    ).resolves.toBeNull();
  });

  it("leads to the session that the person's own messages are in", async () => {
    const scoped = { ...cfg, session: { dmScope: "per-channel-peer" as const } };
    const { route } = resolveChannelInboundRouteEnvelope({
      cfg: scoped,
      channel: "gossip",
      accountId: "default",
      peer: { kind: "direct", id: ID },
    });
    const outbound = await gossipPluginBase.messaging?.resolveOutboundSessionRoute?.({
      cfg: scoped,
      agentId: route.agentId,
      accountId: "default",
      target: `gossip:${ID}`,
    });
    expect(outbound).toMatchObject({ sessionKey: route.sessionKey, to: `gossip:${ID}` });
  });
});
