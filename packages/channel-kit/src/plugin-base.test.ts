import { expect, it } from "vitest";
import { inspectAccount } from "./plugin-base.ts";
import { SecretText } from "./secret-text.ts";

it("names an account and where its words are, and never the words", () => {
  const account = {
    accountId: "work",
    name: "Marvin",
    username: "marvin",
    enabled: true,
    configured: true,
    dmPolicy: "pairing",
    allowFrom: ["pat"],
    mnemonic: { kind: "configured", words: new SecretText("legal winner") },
  } as const;
  const inspected = inspectAccount(account, "https://relay.example");
  expect(inspected).toEqual({
    accountId: "work",
    name: "Marvin",
    enabled: true,
    configured: true,
    credentialSource: "config",
    dmPolicy: "pairing",
    allowFrom: ["pat"],
    baseUrl: "https://relay.example",
  });
  expect(JSON.stringify(inspected)).not.toMatch(/legal|winner/);
});
