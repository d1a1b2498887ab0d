import { readFileSync } from "node:fs";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { peerIdOf } from "../test-support/facts.ts";
import { readIds } from "./setup-access.ts";
import { meshSetupContract } from "./setup.ts";

const ID = peerIdOf(1);

function add(input: object, options: { cfg?: OpenClawConfig; accountId?: string } = {}) {
  const { cfg = {}, accountId = "default" } = options;
  const problem = meshSetupContract.validateInput?.({ cfg, accountId, input }) ?? null;
  const next = meshSetupContract.applyAccountConfig({ cfg, accountId, input });
  return { problem, section: next.channels?.["mesh"] };
}

describe("channels add", () => {
  it("needs no option", () => {
    expect(add({})).toEqual({ problem: null, section: { enabled: true } });
  });

  it("writes the options it was given and keeps the rest", () => {
    const cfg = { channels: { mesh: { groupPolicy: "open" } } };
    const given = { channels: ["#dev"], bootstrapUrl: "https://m.example/l", bootstrapSigner: ID };
    expect(add({ ...given, allowFrom: [`mesh:${ID}`] }, { cfg })).toEqual({
      problem: null,
      section: { enabled: true, groupPolicy: "open", ...given, allowFrom: [ID] },
    });
  });

  it("takes an access group of the host for an entry of the list", () => {
    const { problem, section } = add({ dmPolicy: "allowlist", allowFrom: ["accessGroup:crew"] });
    expect(problem).toBeNull();
    expect(section).toMatchObject({ allowFrom: ["accessGroup:crew"] });
  });

  it("refers to the environment for the phrase and never takes it itself", () => {
    expect(add({ useEnv: true }).section).toMatchObject({
      mnemonic: { source: "env", provider: "default", id: "MESH_MNEMONIC" },
    });
    const flags = meshSetupContract.metadata.fields.map(({ cli }) => cli.flags).join(" ");
    expect(flags.replace("--mnemonic-file <path>", "")).not.toMatch(/mnemonic|phrase|secret|words/);
  });

  it.each([
    ["an id that is none", { allowFrom: ["alice"] }, /43 characters/],
    ["plain http to another machine", { bootstrapUrl: "http://m.example/l" }, /bootstrapUrl/],
    ["two phrases", { useEnv: true, mnemonicFile: "-" }, /one of them/],
    ["the policy open without everybody", { dmPolicy: "open" }, /allowFrom/],
    ["a channel of two peers", { channels: ["dm:a:b"] }, /channels/],
  ])("refuses %s with a reason", (_what, input, reason) => {
    expect(add(input).problem).toMatch(reason);
  });

  it("offers the same fields in package.json, where the host reads them first", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    expect(JSON.parse(text)).toMatchObject({
      openclaw: { channel: { setup: { fields: meshSetupContract.metadata.fields } } },
    });
  });
});

it("pasted ids are each taken once, and wrong ones counted", () => {
  expect(readIds(`${ID}, mesh:${ID}\nalice`)).toEqual({ ids: [ID], wrong: [3] });
});
