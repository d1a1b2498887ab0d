import { expect, it } from "vitest";
import { peerIdOf } from "../test-support/facts.ts";
import { inspectConfig } from "./doctor-config.ts";
import { inspectPeople } from "./doctor-people.ts";

function idsOf(section: Record<string, unknown>): string[] {
  return inspectConfig({ channels: { mesh: section } }).map(({ id }) => id);
}

it("a usual account gives no finding", () => {
  const signer = peerIdOf(1);
  const list = { bootstrapUrl: "https://m.example/l", bootstrapSigner: signer };
  expect(idsOf({ enabled: true, ...list, listen: { port: 5000 } })).toEqual([]);
});

it.each([
  ["mesh.plaintext-mnemonic-in-config", { mnemonic: "some words" }],
  ["mesh.list-tls", { bootstrapUrl: "http://m.example/l", bootstrapSigner: peerIdOf(1) }],
  ["mesh.list-unsigned", { bootstrapUrl: "https://m.example/l" }],
  ["mesh.open-to-strangers", { groupPolicy: "open" }],
  ["mesh.plain-direct", { plainPeers: [peerIdOf(1)] }],
  ["mesh.listens-to-all", { listen: { host: "0.0.0.0", port: 5000 } }],
  ["mesh.allowlist-invalid", { groupAllowFrom: ["alice"] }],
  ["mesh.allowlist-invalid", { groups: { lobby: { allowFrom: ["alice"] } } }],
])("%s", (id, section) => {
  expect(idsOf({ enabled: true, ...section })).toEqual([id]);
});

it("what makes an open channel worse is named too", () => {
  const groups = { "#dev": { requireMention: false } };
  expect(idsOf({ groupPolicy: "open", allowUnverified: true, groups })).toEqual([
    "mesh.open-to-strangers",
    "mesh.unmentioned-strangers",
    "mesh.unverified-heard",
  ]);
});

it.each([
  [{ groupAllowFrom: [peerIdOf(1), "*"] }, "channels.mesh.groupAllowFrom[1]"],
  [{ groups: { "#dev": { allowFrom: ["*"] } } }, "channels.mesh.groups.#dev.allowFrom[0]"],
  [{ groups: { "*": { allowFrom: ["*"] } } }, "channels.mesh.groups.*.allowFrom[0]"],
])("everybody in a list is everybody: %j", (section, entry) => {
  const cfg = { channels: { mesh: section } };
  expect(inspectConfig(cfg)).toMatchObject([
    { id: "mesh.open-to-strangers", fix: `openclaw config unset '${entry}'` },
  ]);
  expect(idsOf({ ...section, groupPolicy: "disabled" })).toEqual([]);
});

it("whoever is in a list of everybody and need not call the agent is named, where both hold", () => {
  const quiet = { requireMention: false };
  const worse = ["mesh.open-to-strangers", "mesh.unmentioned-strangers"];
  expect(idsOf({ groups: { "#dev": { allowFrom: ["*"], ...quiet } } })).toEqual(worse);
  expect(idsOf({ groups: { "#dev": { allowFrom: ["*"] }, "*": quiet } })).toEqual(worse);
  expect(idsOf({ groups: { "#dev": { allowFrom: ["*"] }, "#other": quiet } })).toEqual([worse[0]]);
  expect(idsOf({ groups: { "#dev": quiet } })).toEqual([]);
  // What nobody signed is heard under the open policy alone.
  expect(idsOf({ groupAllowFrom: ["*"], allowUnverified: true })).toEqual([worse[0]]);
});

const approved = async (): Promise<string[]> => [peerIdOf(2)];

it("names what OpenClaw would do with the first approval, and a session that peers share", async () => {
  const mesh = { enabled: true, allowFrom: [peerIdOf(1)] };
  const found = await inspectPeople({ channels: { mesh } }, approved);
  expect(found.map(({ id }) => id)).toEqual(["mesh.no-owner", "mesh.dm-scope"]);
  const settled = {
    channels: { mesh },
    commands: { ownerAllowFrom: [`mesh:${peerIdOf(1)}`] },
    session: { dmScope: "per-channel-peer" as const },
  };
  expect(await inspectPeople(settled, approved)).toEqual([]);
});

it("names an owner whom an approval made until he has proven it", async () => {
  const cfg = {
    channels: { mesh: { enabled: true } },
    commands: { ownerAllowFrom: [`mesh:${peerIdOf(2)}`] },
  };
  expect(await inspectPeople(cfg, approved)).toMatchObject([
    { id: "mesh.owner-unproven", fix: expect.stringContaining("openclaw mesh owner") },
  ]);
});
