import { describe, expect, it } from "vitest";
import { resolveGossipAccount } from "./accounts.ts";
import { gossipStatusAdapter } from "./status.ts";

const cfg = { channels: { gossip: { enabled: true, dmPolicy: "open", allowFrom: ["*"] } } };

const issuesOf = async (mnemonic: object) => {
  const config = { channels: { gossip: { enabled: true, ...mnemonic } } };
  const account = resolveGossipAccount(config);
  const built = await gossipStatusAdapter.buildAccountSnapshot?.({ account, cfg: config });
  return gossipStatusAdapter.collectStatusIssues?.(built === undefined ? [] : [built]);
};

describe("channels status", () => {
  it("shows what is configured while nothing runs", async () => {
    const account = resolveGossipAccount(cfg);
    const snapshot = await gossipStatusAdapter.buildAccountSnapshot?.({ account, cfg });
    expect(snapshot).toMatchObject({
      accountId: "default",
      enabled: true,
      configured: true,
      running: false,
      dmPolicy: "open",
      baseUrl: "https://api.usegossip.com/api",
      publicKey: null,
    });
  });

  it("says for a day that an older or second copy was noticed, and that it may be over", () => {
    const recent = Date.now() - 60_000;
    const issues = gossipStatusAdapter.collectStatusIssues?.([
      { accountId: "default", application: { forksNoticed: 2, forkNoticedAtMs: recent } },
      { accountId: "old", application: { forksNoticed: 2, forkNoticedAtMs: recent - 86_400_000 } },
      { accountId: "older", application: { forksNoticed: 2 } },
      { accountId: "work", application: { forksNoticed: 0 } },
      { accountId: "idle", application: null },
    ]);
    expect(issues).toEqual([
      expect.objectContaining({
        accountId: "default",
        message: expect.stringMatching(/older or second copy .* noticed at .* UTC; .* renewed$/),
        fix: "If a second gateway runs with these words, stop it",
      }),
    ]);
  });

  it("says that key and data share a disk, unless the phrase is configured", async () => {
    const phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    expect(await issuesOf({})).toEqual([
      expect.objectContaining({ message: expect.stringContaining("key and data share a disk") }),
    ]);
    expect(await issuesOf({ mnemonic: phrase })).toEqual([]);
  });

  it("warns that everybody may write, and repeats what went wrong", () => {
    const issues = gossipStatusAdapter.collectStatusIssues?.([
      { accountId: "default", enabled: true, dmPolicy: "open", lastError: "relay: unreachable" },
      { accountId: "work", enabled: true, lifecycle: "blocked", lastError: "said by the host" },
    ]);
    expect(issues?.map(({ message }) => message)).toEqual([
      expect.stringContaining("relay: unreachable"),
      expect.stringMatching(/open/),
    ]);
  });
});
