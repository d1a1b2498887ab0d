import { expect, it } from "vitest";
import { greetOwner } from "./greet-owner.ts";
import type { LiveAccountBasis } from "./live-accounts.ts";

const NAMES = { id: "chat", label: "Chat", network: "network" };
const QUICK = { askEveryMs: 1, giveUpAfterMs: 10_000 };

/** A registry whose account answers the greeting as told, one answer for each time it is asked; undefined: none runs. */
function scopeThat(answers: (boolean | Error | undefined)[]) {
  const asked: string[] = [];
  const warnings: string[] = [];
  const find = (accountId: string | null | undefined): LiveAccountBasis | undefined => {
    const answer = answers.shift();
    asked.push(String(accountId));
    if (answer === undefined) return undefined;
    const welcomeOwner = async (): Promise<boolean> => {
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return Object.assign(Object.create(null), { welcomeOwner });
  };
  const logger = { warn: (line: string) => void warnings.push(line) };
  return { scope: { api: { logger }, names: NAMES, accounts: { find } }, asked, warnings };
}

it("asks whichever account runs until one has greeted, through a restart", async () => {
  const { asked, scope, warnings } = scopeThat([
    false,
    new Error("closing"),
    undefined,
    false,
    true,
    true,
  ]);
  await greetOwner(scope, "default", "somebody", QUICK);
  expect(asked).toEqual(["default", "default", "default", "default", "default"]);
  expect(warnings).toEqual([]);
});

it("says in the log that it gave up, without the person's id", async () => {
  const { scope, warnings } = scopeThat([]);
  await greetOwner(scope, "default", "somebody", { askEveryMs: 1, giveUpAfterMs: 20 });
  expect(warnings).toEqual([expect.stringContaining("openclaw chat status")]);
  expect(warnings.join()).not.toContain("somebody");
});
