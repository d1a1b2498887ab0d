import { readFileSync } from "node:fs";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { gossipSetupContract } from "./setup.ts";

const ID = "gossip1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqsqqqqqqq";

function add(input: object, options: { cfg?: OpenClawConfig; accountId?: string } = {}) {
  const { cfg = {}, accountId = "default" } = options;
  const problem = gossipSetupContract.validateInput?.({ cfg, accountId, input }) ?? null;
  const next = gossipSetupContract.applyAccountConfig({ cfg, accountId, input });
  return { problem, section: next.channels?.["gossip"] };
}

describe("channels add", () => {
  it("needs no option", () => {
    expect(add({})).toEqual({ problem: null, section: { enabled: true } });
  });

  it("writes the options it was given and keeps the rest", () => {
    const cfg = { channels: { gossip: { autoAccept: "allowed" } } };
    const { problem, section } = add(
      { username: "marvin", protocolUrl: "http://127.0.0.1:9/api", dmPolicy: "pairing" },
      { cfg },
    );
    expect(problem).toBeNull();
    expect(section).toEqual({
      enabled: true,
      autoAccept: "allowed",
      username: "marvin",
      protocolUrl: "http://127.0.0.1:9/api",
      dmPolicy: "pairing",
    });
  });

  it("takes an access group of the host for an entry of the list", () => {
    const { problem, section } = add({ dmPolicy: "allowlist", allowFrom: ["accessGroup:crew"] });
    expect(problem).toBeNull();
    expect(section).toMatchObject({ allowFrom: ["accessGroup:crew"] });
  });

  it("refers to the environment for the phrase and never takes it itself", () => {
    expect(add({ useEnv: true }).section).toMatchObject({
      mnemonic: { source: "env", provider: "default", id: "GOSSIP_MNEMONIC" },
    });
    const flags = gossipSetupContract.metadata.fields.map(({ cli }) => cli.flags).join(" ");
    expect(flags.replace("--mnemonic-file <path>", "")).not.toMatch(/mnemonic|phrase|secret|words/);
  });

  it("adds a second account beside the section", () => {
    const cfg = { channels: { gossip: { enabled: true, username: "first" } } };
    expect(add({ username: "second" }, { cfg, accountId: "work" }).section).toEqual({
      enabled: true,
      username: "first",
      accounts: { work: { enabled: true, username: "second" } },
    });
  });

  it.each([
    ["an id that is none", { allowFrom: [ID] }, /gossip1 and 58 more/],
    ["plain http to another machine", { protocolUrl: "http://relay.example/api" }, /protocolUrl/],
    ["two phrases", { useEnv: true, mnemonicFile: "-" }, /one of them/],
    ["the policy open without everybody", { dmPolicy: "open" }, /allowFrom/],
  ])("refuses %s with a reason", (_what, input, reason) => {
    expect(add(input).problem).toMatch(reason);
  });

  it("refuses a username whose folder is another account's", () => {
    const cfg = { channels: { gossip: { enabled: true, username: "My Bot" } } };
    const { problem } = add({ username: "my-bot" }, { cfg, accountId: "work" });
    expect(problem).toMatch(/account "default"/);
  });

  it("offers the same fields in package.json, where the host reads them first", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    expect(JSON.parse(text)).toMatchObject({
      openclaw: { channel: { setup: { fields: gossipSetupContract.metadata.fields } } },
    });
  });
});
