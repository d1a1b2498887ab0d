import { afterEach, describe, expect, it, vi } from "vitest";
import { ChannelKitError } from "./errors.ts";
import {
  createSetupAdapter,
  findSetupProblem,
  patchPhrase,
  type SetupPhrase,
} from "./setup-adapter.ts";

const CHAT = { id: "chat", phraseVariable: "CHAT_MNEMONIC" };

afterEach(() => vi.unstubAllEnvs());

function createChatAdapter(lines: string[]) {
  return createSetupAdapter<SetupPhrase & { name?: string }>(CHAT, {
    validate: () => null,
    apply: (cfg) => cfg,
    load: async () => ({ provisionAccount: async () => lines }),
  });
}

const refuse = (): never => {
  throw new ChannelKitError("config_invalid", "chat: not valid");
};
const fail = (): never => {
  throw new TypeError("a bug");
};

describe("options for the recovery phrase", () => {
  it("refer to the environment, and never hold the words", () => {
    expect(patchPhrase(CHAT, "default", { useEnv: true })).toEqual({
      mnemonic: { source: "env", provider: "default", id: "CHAT_MNEMONIC" },
    });
    expect(patchPhrase(CHAT, "default", { mnemonicFile: "-" })).toEqual({});
  });

  it("refer to a variable of its own for each account: the same words are one identity", () => {
    expect(patchPhrase(CHAT, "my-work", { useEnv: true })).toEqual({
      mnemonic: { source: "env", provider: "default", id: "CHAT_MNEMONIC_MY_WORK" },
    });
  });

  it("are refused before anything is written while the variable of the account is empty", () => {
    vi.stubEnv("CHAT_MNEMONIC", "words of the account default");
    vi.stubEnv("CHAT_MNEMONIC_WORK", " ");
    const input = { useEnv: true };
    const adapter = createChatAdapter([]);
    expect(adapter.validateInput?.({ cfg: {}, accountId: "default", input })).toBeNull();
    expect(adapter.validateInput?.({ cfg: {}, accountId: "work", input })).toContain(
      "CHAT_MNEMONIC_WORK",
    );
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
  const adapter = createChatAdapter(["made"]);
  const runtime = {
    log: (line: unknown) => lines.push(String(line)),
    error: () => undefined,
    exit: () => undefined,
  };
  const written = { previousCfg: {}, cfg: {}, accountId: "work", input: {}, runtime };
  await adapter.afterAccountConfigWritten?.(written);
  expect(lines).toEqual(["made"]);
  expect(adapter.applyAccountName?.({ cfg: {}, accountId: "work", name: "Marvin" })).toEqual({
    channels: { chat: { enabled: true, accounts: { work: { name: "Marvin" } } } },
  });
});
