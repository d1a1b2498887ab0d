import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { expect, it } from "vitest";
import { resolveConvosAccount } from "./accounts.ts";
import { convosPluginBase } from "./plugin-base.ts";

const budgetOf = (section: object, accountId?: string) => {
  const cfg: OpenClawConfig = { channels: { convos: { enabled: true, ...section } } };
  return resolveConvosAccount(cfg, accountId).turnBudget;
};

it("has the figures of the documentation, unless the section or the account says otherwise", () => {
  expect(budgetOf({})).toEqual({ perPerson: 30, perAccount: 200 });
  const section = { turnBudget: { perPerson: 3 }, accounts: { work: {} } };
  expect(budgetOf(section, "work")).toEqual({ perPerson: 3, perAccount: 200 });
  const own = { ...section, accounts: { work: { turnBudget: { perAccount: 9 } } } };
  expect(budgetOf(own, "work")).toEqual({ perPerson: 3, perAccount: 9 });
});

it("refuses what is no number of turns", () => {
  expect(() => budgetOf({ turnBudget: { perPerson: 0 } })).toThrow(/turnBudget/);
});

it("holds without a restart, as the status says", () => {
  expect(JSON.stringify(convosPluginBase.reload)).toContain("channels.convos.turnBudget");
});
