import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { replayGossipVectors } from "../test-support/replay-gossip-vectors.ts";

const VECTORS = new URL("../vectors/gossip.json", import.meta.url);

const NOTHING = { identities: [], password_kdf: [], aead: [], scenarios: [] };

it("reproduces every byte of the published vectors", { timeout: 120_000 }, async () => {
  const checks = await replayGossipVectors(JSON.parse(await readFile(VECTORS, "utf8")));
  expect(checks.mismatches).toEqual([]);
  expect(checks.total).toBeGreaterThan(600);
});

it("counts an output that differs as a mismatch, for each provider", async () => {
  const zeros = { key: "00".repeat(64), nonce: "00".repeat(16), aad: "", plaintext: "" };
  const aead = [{ ...zeros, ciphertext: "00".repeat(16) }];
  const checks = await replayGossipVectors({ ...NOTHING, aead });
  expect(checks.total).toBe(4);
  expect(checks.mismatches).toHaveLength(4);
});

it("counts a step that cannot be played as a mismatch", async () => {
  const steps = [{ op: "peer_list", now: 0, actor: 0, user_ids_sorted: [] }];
  const scenarios = [{ name: "nobody", config: "default", steps }];
  const checks = await replayGossipVectors({ ...NOTHING, scenarios });
  expect(checks.mismatches).toEqual([expect.stringContaining("no actor 0")]);
});

it("refuses a file of another form", async () => {
  await expect(replayGossipVectors({ ...NOTHING, aead: [{}] })).rejects.toThrow(TypeError);
});
