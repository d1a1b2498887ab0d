import { describe, expect, it } from "vitest";
import { resolveGossipAccount } from "./accounts.ts";
import { grantOwner, listGossipOwners } from "./owner-grant.ts";

const PAT = "gossip1wjkt2awm9gluat74xxk8av2uanzeg2ywtd5fclad5p4n5yy6t3es0ejzuh";

describe("owners of a Gossip bot", () => {
  it("are Gossip users by their ids, each once, and nobody of other channels", () => {
    const ownerAllowFrom = [`gossip:${PAT}`, PAT.toUpperCase(), `signal:${PAT}`, "*", 7];
    expect(listGossipOwners({ commands: { ownerAllowFrom } })).toEqual([PAT]);
  });

  it("are heard from then on, also where nobody was", () => {
    const cfg = { channels: { gossip: { accounts: { default: { dmPolicy: "disabled" } } } } };
    const next = grantOwner(cfg, "default", PAT);
    expect(listGossipOwners(next)).toEqual([PAT]);
    expect(resolveGossipAccount(next, "default")).toMatchObject({
      dmPolicy: "allowlist",
      allowFrom: [PAT],
    });
  });
});
