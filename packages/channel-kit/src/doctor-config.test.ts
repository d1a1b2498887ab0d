import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { expect, it } from "vitest";
import { inspectConfig, type ConfigRules } from "./doctor-config.ts";

const RULES: ConfigRules = {
  channelId: "ours",
  secrets: [
    { key: "words", finding: "plaintext-words", what: "the words.", variable: "OUR_WORDS" },
    { key: "key", finding: "plaintext-key", what: "the key.", variable: "OUR_KEY" },
  ],
  address: { key: "url", finding: "node-tls" },
  listsOf: ({ allowFrom, groupAllowFrom }) => [
    ["allowFrom", allowFrom],
    ["groupAllowFrom", groupAllowFrom],
  ],
  entryKind: "ids",
  tryParseAllowEntry: (entry) => (/^(?:\*|id\d)$/.test(String(entry)) ? String(entry) : undefined),
};

function inspect(section: object): string[] {
  const cfg: OpenClawConfig = { channels: { ours: { ...section } } };
  const findings = inspectConfig(RULES, cfg);
  expect(JSON.stringify(findings)).not.toMatch(/canary|example/);
  return findings.map(({ accountId, id }) => `${accountId} ${id}`);
}

it.each([
  ["an account as it should be", { enabled: true, allowFrom: ["id1"], url: "https://example.org" }],
  ["secrets by reference", { words: "${OUR_WORDS}", key: { source: "env", id: "OUR_KEY" } }],
  ["plain http to this machine", { url: "http://[::1]:5556" }],
  ["everybody, where everybody may", { dmPolicy: "open", allowFrom: ["*"] }],
  ["a section that is none", { accounts: ["work"] }],
])("has nothing to say of %s", (_, section) => {
  expect(inspect(section)).toEqual([]);
});

it.each([
  ["a secret in clear", { words: "canary", key: "canary" }, ["plaintext-words", "plaintext-key"]],
  ["plain http to elsewhere", { url: "http://127.0.0.1.example.org" }, ["node-tls"]],
  ["a wildcard under pairing", { allowFrom: ["*"] }, ["wildcard-with-pairing"]],
  ["entries that are no ids", { groupAllowFrom: ["canary", 7] }, ["allowlist-invalid"]],
])("names %s, without its value", (_, section, found) => {
  expect(inspect(section)).toEqual(found.map((what) => `default ours.${what}`));
  expect(inspect({ accounts: { work: section } })).toEqual(
    found.map((what) => `work ours.${what}`),
  );
});

it("lets the channel say more, of what it inherits too", () => {
  const more: string[] = [];
  const rules: ConfigRules = {
    ...RULES,
    inspectMore: ({ merged, own, path }, note) => {
      more.push(`${path} ${String(own["env"])} ${String(merged["env"])}`);
      note("env-mismatch", "another network", "openclaw config unset");
    },
  };
  const cfg: OpenClawConfig = { channels: { ours: { env: "dev", accounts: { work: {} } } } };
  expect(inspectConfig(rules, cfg).map(({ id }) => id)).toEqual(Array(2).fill("ours.env-mismatch"));
  expect(more).toEqual(["channels.ours dev dev", "channels.ours.accounts.work undefined dev"]);
});

it("takes an access group for an entry, and names one that nobody has defined", () => {
  const accessGroups: OpenClawConfig["accessGroups"] = {
    crew: { type: "message.senders", members: { ours: ["id1"] } },
  };
  const find = (...allowFrom: string[]) =>
    inspectConfig(RULES, { accessGroups, channels: { ours: { allowFrom } } });
  expect(find("accessGroup:crew")).toEqual([]);
  expect(find("accessGroup:crew", "accessGroup:canary")).toEqual([
    expect.objectContaining({
      id: "ours.allowlist-invalid",
      message: expect.stringContaining("1 entries of channels.ours.allowFrom name an access group"),
    }),
  ]);
  expect(find("accessGroup:canary", "wrong")).toHaveLength(2);
});

it("judges an account by what it inherits, and names a wrong line once", () => {
  const section = { dmPolicy: "open", allowFrom: ["*", "canary"], accounts: { work: {} } };
  expect(inspect(section)).toEqual(["default ours.allowlist-invalid"]);
  expect(inspect({ ...section, accounts: { work: { dmPolicy: "pairing" } } })).toEqual([
    "default ours.allowlist-invalid",
    "work ours.wildcard-with-pairing",
  ]);
});

it("moves each secret of each account under a name of its own", () => {
  const secrets = { words: "canary", key: "canary" };
  const accounts = { work: secrets, "my-work": { words: "canary" }, my_work: { words: "canary" } };
  const cfg: OpenClawConfig = { channels: { ours: { ...secrets, accounts } } };
  const names = inspectConfig(RULES, cfg).map(
    ({ fix }) => /secrets store set (\w+)/.exec(fix)?.[1],
  );
  expect(names).toEqual([
    "OUR_WORDS",
    "OUR_KEY",
    "OUR_WORDS_WORK",
    "OUR_KEY_WORK",
    "OUR_WORDS_MY_WORK",
    "OUR_WORDS_MY__WORK",
  ]);
});

it("shows the two commands that move a secret of a named account", () => {
  const cfg: OpenClawConfig = { channels: { ours: { accounts: { work: { key: "canary" } } } } };
  expect(inspectConfig(RULES, cfg)[0]?.fix).toBe(
    "openclaw secrets store set OUR_KEY_WORK --kind secret, then " +
      `openclaw config set 'channels.ours.accounts["work"].key' --ref-provider default --ref-source store --ref-id OUR_KEY_WORK`,
  );
});
