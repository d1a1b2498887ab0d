import { expect, it } from "vitest";
import { inspectGateway } from "./doctor-gateway.ts";
import { meshStatusAdapter } from "./status.ts";

const accountOf = (madeElsewhere: number) => ({
  accountId: "default",
  application: { deadLetters: 0, links: 1, madeElsewhere },
});

const inspect = async (account: object): Promise<string[]> => {
  const found = await inspectGateway(async (method) =>
    method === "channels.status" ? { channelAccounts: { mesh: [account] } } : { requests: [] },
  );
  return found.map(({ accountId, id }) => `${accountId} ${id}`);
};

it("doctor and status name an older copy at work, and nothing else of an account that is well", async () => {
  expect(await inspect(accountOf(0))).toEqual([]);
  expect(await inspect(accountOf(2))).toEqual(["default mesh.old-copy"]);
  const issuesOf = (madeElsewhere: number) =>
    meshStatusAdapter.collectStatusIssues?.([accountOf(madeElsewhere)]);
  expect(issuesOf(0)).toEqual([]);
  expect(issuesOf(2)).toMatchObject([
    { kind: "runtime", fix: expect.stringContaining("keep only one") },
  ]);
});
