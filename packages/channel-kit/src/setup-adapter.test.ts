import { describe, expect, it } from "vitest";
import { ChannelKitError } from "./errors.ts";
import { createSetupAdapter, findSetupProblem, patchPhrase } from "./setup-adapter.ts";

const refuse = (): never => {
  throw new ChannelKitError("config_invalid", "chat: not valid");
};
const fail = (): never => {
  throw new TypeError("a bug");
};

describe("options for the recovery phrase", () => {
  it("refer to the environment, and never hold the words", () => {
    const channel = { phraseVariable: "CHAT_MNEMONIC" };
    expect(patchPhrase(channel, { useEnv: true })).toEqual({
      mnemonic: { source: "env", provider: "default", id: "CHAT_MNEMONIC" },
    });
    expect(patchPhrase(channel, { mnemonicFile: "-" })).toEqual({});
  });

  it("name one phrase", () => {
    const both = { useEnv: true, mnemonicFile: "words" };
    expect(findSetupProblem(both, () => null)).toMatch(/one of them/);
    expect(findSetupProblem({ useEnv: true }, () => null)).toBeNull();
  });
});

describe("the problem of a set of options", () => {
  it("is what the channel says, or why the configuration would not be valid", () => {
    expect(findSetupProblem({}, () => "no id")).toBe("no id");
    expect(findSetupProblem({}, refuse)).toBe("chat: not valid");
  });

  it("is no bug", () => {
    expect(() => findSetupProblem({}, fail)).toThrow(TypeError);
  });
});

it("what the setup says after the configuration was written reaches the operator", async () => {
  const lines: string[] = [];
  const adapter = createSetupAdapter<{ name?: string }>("chat", {
    validate: () => null,
    apply: (cfg) => cfg,
    load: async () => ({ provisionAccount: async (_cfg, accountId) => [`made ${accountId}`] }),
  });
  const runtime = {
    log: (line: unknown) => lines.push(String(line)),
    error: () => undefined,
    exit: () => undefined,
  };
  const written = { previousCfg: {}, cfg: {}, accountId: "work", input: {}, runtime };
  await adapter.afterAccountConfigWritten?.(written);
  expect(lines).toEqual(["made work"]);
  expect(adapter.applyAccountName?.({ cfg: {}, accountId: "work", name: "Marvin" })).toEqual({
    channels: { chat: { enabled: true, accounts: { work: { name: "Marvin" } } } },
  });
});
