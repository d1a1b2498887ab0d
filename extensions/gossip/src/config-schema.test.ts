import { describe, expect, it } from "vitest";
import { gossipConfigSchema } from "./config-schema.ts";

function accepts(section: unknown): boolean {
  return gossipConfigSchema().safeParse(section).success;
}

describe("channels.gossip", () => {
  it.each([
    {},
    { enabled: true },
    { enabled: true, dmPolicy: "open", allowFrom: ["*"] },
    { enabled: true, dmPolicy: "allowlist", allowFrom: ["gossip1a23"] },
    { mnemonic: "${GOSSIP_MNEMONIC}" },
    { mnemonic: { source: "file", provider: "vault", id: "/gossip/one" } },
    { protocolUrl: "https://api.usegossip.com/api" },
    { protocolUrl: "http://127.0.0.1:8787/api" },
    { protocolUrl: "http://localhost/api" },
    { accounts: { work: { username: "work", dmPolicy: "disabled" } } },
  ])("may be %j", (section) => {
    expect(accepts(section)).toBe(true);
  });

  it.each([
    ["everybody without the policy open", { allowFrom: ["*"] }],
    ["the policy open without everybody", { dmPolicy: "open" }],
    ["an allowlist of nobody", { dmPolicy: "allowlist" }],
    [
      "everybody inherited by an account with pairing",
      {
        dmPolicy: "open",
        allowFrom: ["*"],
        accounts: { work: { dmPolicy: "pairing" } },
      },
    ],
    ["plain http to another machine", { protocolUrl: "http://relay.example/api" }],
    ["a name that only looks local", { protocolUrl: "http://localhost.example/api" }],
    ["a password that only looks local", { protocolUrl: "http://localhost:1@relay.example/" }],
    ["no URL", { protocolUrl: "relay" }],
    ["an empty username", { username: " " }],
    ["a username with a line break", { username: "a\nb" }],
    ["a username that moves the cursor", { username: "\u001b[2J" }],
    ["an unknown key", { mnemonics: "x" }],
    ["an account key that is special to JavaScript", { accounts: { constructor: {} } }],
    ["an account key in upper case", { accounts: { Work: {} } }],
  ])("may not be %s", (_what, section) => {
    expect(accepts(section)).toBe(false);
  });
});
