import { bech32 } from "@scure/base";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { createNonExitingRuntime } from "openclaw/plugin-sdk/runtime-env";
import { describe, expect, it } from "vitest";
import {
  gossipAllowlistAdapter,
  gossipDirectoryAdapter,
  gossipResolverAdapter,
} from "./directory.ts";
import { gossipPluginBase } from "./plugin-base.ts";

const ALICE = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(1)));
const BOB = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(2)));

const cfg: OpenClawConfig = {
  channels: {
    gossip: {
      enabled: true,
      contacts: { Alice: ALICE, "My Bob": BOB.toUpperCase(), twin: ALICE, TWIN: BOB },
      allowFrom: [BOB],
    },
  },
};
const runtime = createNonExitingRuntime();

function resolve(inputs: string[], kind: "user" | "group" = "user") {
  return gossipResolverAdapter.resolveTargets({ cfg, inputs, kind, runtime });
}

describe("names", () => {
  it("are the operator's, in any case; ids name themselves", async () => {
    await expect(resolve(["alice", ` gossip:${BOB} `])).resolves.toEqual([
      { input: "alice", resolved: true, id: ALICE, name: "Alice" },
      { input: ` gossip:${BOB} `, resolved: true, id: BOB, name: "My Bob" },
    ]);
  });

  it("that could mean two people mean none, and say which", async () => {
    const [found] = await resolve(["twin"]);
    expect(found).toMatchObject({ resolved: false });
    expect(found?.note).toContain(ALICE);
    expect(found?.note).toContain(BOB);
  });

  // What people call themselves, look-alikes included, is in none of these tables.
  it.each(["Аlice", "Mallory", "a1ice", "", "*", `${ALICE}x`, "__proto__", "constructor"])(
    "of others (%j) resolve to nobody",
    async (input) => {
      await expect(resolve([input])).resolves.toMatchObject([{ resolved: false }]);
      await expect(
        gossipPluginBase.messaging?.targetResolver?.resolveTarget?.({
          cfg,
          input,
          normalized: input,
        }),
      ).resolves.toBeNull();
    },
  );

  it("lead a message to the right person", async () => {
    await expect(
      gossipPluginBase.messaging?.targetResolver?.resolveTarget?.({
        cfg,
        input: "my bob",
        normalized: "my bob",
      }),
    ).resolves.toMatchObject({ to: `gossip:${BOB}`, display: "My Bob" });
  });

  it("are none for groups, which Gossip has not", async () => {
    await expect(resolve(["Alice"], "group")).resolves.toMatchObject([{ resolved: false }]);
  });
});

describe("the directory", () => {
  it("lists the people of the configuration, by the operator's names", async () => {
    await expect(gossipDirectoryAdapter.listPeers?.({ cfg, runtime })).resolves.toMatchObject([
      { kind: "user", id: ALICE, name: "Alice" },
      { kind: "user", id: BOB, name: "My Bob" },
    ]);
    await expect(
      gossipDirectoryAdapter.listPeers?.({ cfg, runtime, query: "bob", limit: 1 }),
    ).resolves.toMatchObject([{ id: BOB }]);
  });

  it("does not know itself while the account does not run", async () => {
    await expect(gossipDirectoryAdapter.self?.({ cfg, runtime })).resolves.toBeNull();
  });
});

describe("the allowlist command", () => {
  it("adds an id and refuses what is none", async () => {
    const parsedConfig: Record<string, unknown> = { ...structuredClone(cfg) };
    const edit = (entry: string) =>
      gossipAllowlistAdapter.applyConfigEdit?.({
        cfg,
        parsedConfig,
        scope: "dm",
        action: "add",
        entry,
      });
    expect(await edit(ALICE.toUpperCase())).toMatchObject({ kind: "ok", changed: true });
    expect(await edit("Alice")).toMatchObject({ kind: "invalid-entry" });
    // The host writes the entry as it was typed; an id means the same in upper case.
    const written = JSON.stringify(parsedConfig).toLowerCase();
    expect(written).toContain(`"allowfrom":["${BOB}","${ALICE}"]`);
  });
});
