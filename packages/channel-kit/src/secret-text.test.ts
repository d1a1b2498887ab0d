import { inspect } from "node:util";
import { expect, it } from "vitest";
import { SecretText } from "./secret-text.ts";

it("shows its text to nobody who does not ask for it", () => {
  const secret = new SecretText("legal winner thank year");
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    Object.keys(secret).join(),
  ].join("\n");
  expect(shown).not.toMatch(/legal|winner|thank|year/);
  expect(secret.reveal()).toBe("legal winner thank year");
});
