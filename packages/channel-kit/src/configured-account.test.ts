import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  findConfiguredAccount,
  listConfiguredAccounts,
  type SectionRules,
} from "./configured-account.ts";

const shape = { words: z.string().optional(), policy: z.enum(["open", "shut"]).optional() };
const schema = z.strictObject({
  ...shape,
  accounts: z.record(z.string(), z.strictObject(shape)).optional(),
});

const RULES: SectionRules<{ words?: string | undefined; policy?: "open" | "shut" | undefined }> = {
  channelId: "ours",
  schema: () => schema,
  inherit: ({ words: _words, ...inherited }) => inherited,
};

const configOf = (section?: object): OpenClawConfig =>
  section === undefined ? {} : { channels: { ours: { ...section } } };

describe("the accounts of a section", () => {
  it("are the section itself, then the named ones", () => {
    const accounts = { work: {}, default: {}, bar: {} };
    expect(listConfiguredAccounts(RULES, configOf({ accounts }))).toEqual([
      "default",
      "bar",
      "work",
    ]);
    expect(listConfiguredAccounts(RULES, configOf())).toEqual(["default"]);
  });

  it("take over everything but what makes an identity", () => {
    const cfg = configOf({ words: "root", policy: "open", accounts: { work: {}, home: {} } });
    const find = (id?: string) => findConfiguredAccount(RULES, cfg, id);
    expect(find()).toMatchObject({
      accountId: "default",
      isDefault: true,
      merged: { words: "root", policy: "open" },
    });
    expect(find("Work")).toMatchObject({ accountId: "work", configured: true });
    expect(find("Work").merged).toMatchObject({ policy: "open" });
    expect(find("Work").merged.words).toBeUndefined();
  });

  it("say otherwise for themselves alone", () => {
    const cfg = configOf({ policy: "open", accounts: { work: { policy: "shut", words: "own" } } });
    expect(findConfiguredAccount(RULES, cfg, "work").merged).toMatchObject({
      policy: "shut",
      words: "own",
    });
    expect(findConfiguredAccount(RULES, cfg, "default").merged.policy).toBe("open");
  });

  it("are not configured where nothing names them, whatever JavaScript has under that name", () => {
    const cfg = configOf({ accounts: {} });
    const configured = (id: string, of = cfg): boolean =>
      findConfiguredAccount(RULES, of, id).configured;
    expect(configured("default")).toBe(true);
    expect(configured("work")).toBe(false);
    expect(configured("tostring")).toBe(false);
    expect(configured("default", configOf())).toBe(false);
  });

  it("are refused by the names of the keys that are wrong, never by their values", () => {
    const cfg = configOf({ policy: "canary", accounts: { work: { words: 7 } } });
    const look = () => findConfiguredAccount(RULES, cfg, "work");
    expect(look).toThrow(
      expect.objectContaining({
        code: "config_invalid",
        message: expect.stringMatching(
          /^ours: .*channels\.ours\.policy: .*channels\.ours\.accounts\.work\.words: .*openclaw doctor$/,
        ),
      }),
    );
    expect(look).not.toThrow(/canary/);
  });
});
