import { describe, expect, it } from "vitest";
import { resolveGossipAccount } from "./accounts.ts";
import { gossipStatusAdapter } from "./status.ts";

const cfg = { channels: { gossip: { enabled: true, dmPolicy: "open", allowFrom: ["*"] } } };

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
