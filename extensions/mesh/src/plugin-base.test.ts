import { readFileSync } from "node:fs";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
import { defaultRuntime } from "openclaw/plugin-sdk/runtime-env";
import { describe, expect, it } from "vitest";
import { peerIdOf } from "../test-support/facts.ts";
import { meshPlugin } from "./channel.ts";
import { meshDirectoryAdapter } from "./directory.ts";
import { meshPluginBase } from "./plugin-base.ts";

const ID = peerIdOf(0xb3);
const cfg = { channels: { mesh: { enabled: true, channels: ["lobby", "#dev"] } } };

describe("the channel object", () => {
  it("says of itself what package.json says", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    expect(JSON.parse(text)).toMatchObject({ openclaw: { channel: meshPluginBase.meta } });
  });

  it("can send, start and be asked for its state only in its whole form", () => {
    expect(Object.keys(meshPluginBase)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:gateway|message|outbound)$/)]),
    );
    expect(meshPlugin).toMatchObject({
      gateway: { startAccount: expect.any(Function) },
      message: { id: "mesh" },
      outbound: { deliveryMode: "gateway" },
      pairing: { idLabel: "meshPeerId" },
      status: { probeAccount: expect.any(Function) },
    });
  });

  it("restarts the account for another network, not for new access rules", () => {
    expect(meshPluginBase.reload).toMatchObject({
      configPrefixes: ["channels.mesh"],
      noopPrefixes: expect.arrayContaining([
        "channels.mesh.groups",
        "channels.mesh.accounts.*.dmPolicy",
      ]),
    });
    expect(meshPluginBase.reload?.noopPrefixes).not.toContain("channels.mesh.channels");
  });
});

describe("a target", () => {
  const { messaging } = meshPluginBase;

  it("keeps its case, and a bare word is one only as a configured channel", async () => {
    expect(messaging?.normalizeTarget?.(ID)).toBe(`mesh:${ID}`);
    const resolve = async (input: string) =>
      await messaging?.targetResolver?.resolveTarget?.({ cfg, input, normalized: input });
    await expect(resolve("lobby")).resolves.toMatchObject({ to: "mesh:lobby", kind: "group" });
    await expect(resolve("Alice")).resolves.toBeNull();
  });

  it.each([
    ["mesh:dev", true],
    ["#dev", true],
    [ID, true],
    // OpenClaw looks for these in the directory.
    ["dev", false],
    ["", false],
  ])("%j names one channel or peer and no other: %s", (text, isExact) => {
    expect(messaging?.targetResolver?.looksLikeId?.(text, text)).toBe(isExact);
  });

  it("that is the whole name of a channel is not looked for within the names of others", async () => {
    const channels = ["lobby", "dev-ops", "#dev", "devs"];
    const list = async (query?: string) => {
      const found = await meshDirectoryAdapter.listGroups?.({
        cfg: { channels: { mesh: { enabled: true, channels } } },
        runtime: defaultRuntime,
        ...(query === undefined ? {} : { query }),
      });
      return found?.map(({ id }) => id);
    };
    await expect(list("Dev")).resolves.toEqual(["#dev"]);
    await expect(list("dev-o")).resolves.toEqual(["dev-ops"]);
    await expect(list("de")).resolves.toEqual(["dev-ops", "#dev", "devs"]);
    await expect(list()).resolves.toEqual(channels);
  });

  it.each([
    ["direct", ID],
    ["group", "#dev"],
  ] as const)("of kind %s leads to the session that its own messages are in", async (kind, id) => {
    const scoped = { ...cfg, session: { dmScope: "per-channel-peer" as const } };
    const { route } = resolveChannelInboundRouteEnvelope({
      cfg: scoped,
      channel: "mesh",
      accountId: "default",
      peer: { kind, id },
    });
    const outbound = await messaging?.resolveOutboundSessionRoute?.({
      cfg: scoped,
      agentId: route.agentId,
      accountId: "default",
      target: `mesh:${id}`,
    });
    expect(outbound).toMatchObject({ sessionKey: route.sessionKey, to: `mesh:${id}` });
  });
});
