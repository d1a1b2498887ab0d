import { describe, expect, it } from "vitest";
import { parseStartOptions, UsageError } from "../../scripts/start/options.ts";

const parse = (args: string[], env: Record<string, string> = {}) =>
  parseStartOptions(args, env, "/repo/.start");

describe("npm start's arguments", () => {
  it("takes the scripted model, the folder of the repository and a chat when nothing is said", () => {
    expect(parse([])).toEqual({ script: false, folder: "/repo/.start", provider: undefined });
  });

  it("ignores the -- that npm and pnpm hand on", () => {
    expect(parse(["--", "--script", "--folder", "/tmp/x"])).toMatchObject({
      script: true,
      folder: "/tmp/x",
    });
  });

  it("asks for the help text instead of options", () => {
    expect(parse(["--help"])).toBeUndefined();
  });

  it("refuses what it does not know", () => {
    expect(() => parse(["--scirpt"])).toThrow(UsageError);
  });
});

describe("npm start's provider settings", () => {
  it("uses OpenAI with its key alone", () => {
    expect(parse([], { OPENAI_API_KEY: "k" })?.provider).toMatchObject({
      baseUrl: "https://api.openai.com/v1",
      apiKey: "k",
    });
  });

  it("uses another endpoint without a key, and never shows it the key for OpenAI", () => {
    const env = {
      OPENAI_API_KEY: "k",
      OPENCLAW_START_BASE_URL: "http://127.0.0.1:11434/v1",
      OPENCLAW_START_MODEL: "local",
    };
    expect(parse([], env)?.provider).toEqual({
      baseUrl: "http://127.0.0.1:11434/v1",
      modelId: "local",
      apiKey: "no-key",
    });
  });

  it.each([
    ["an endpoint without a model", { OPENCLAW_START_BASE_URL: "http://127.0.0.1:1/v1" }],
    ["an endpoint that is no URL", { OPENCLAW_START_BASE_URL: "here", OPENCLAW_START_MODEL: "m" }],
    ["a model without key or endpoint", { OPENCLAW_START_MODEL: "m" }],
  ])("refuses %s", (_name, env) => {
    expect(() => parse([], env)).toThrow(UsageError);
  });

  it("takes empty variables as unset", () => {
    expect(parse([], { OPENAI_API_KEY: " " })?.provider).toBeUndefined();
  });
});
