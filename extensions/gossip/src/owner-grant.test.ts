import { describe, expect, it } from "vitest";
import { resolveGossipAccount } from "./accounts.ts";
import { grantOwner, hasOwner, listGossipOwners } from "./owner-grant.ts";

const ID = "gossip1pat";

describe("making somebody owner", () => {
  it("adds him to the owners and to who may write, beside those who are there", () => {
    const cfg = {
      commands: { ownerAllowFrom: ["signal:+1"] },
      channels: { gossip: { enabled: true, allowFrom: ["gossip1eve"] } },
    };
    expect(grantOwner(cfg, "default", ID)).toEqual({
      commands: { ownerAllowFrom: ["signal:+1", `gossip:${ID}`] },
      channels: { gossip: { enabled: true, allowFrom: ["gossip1eve", ID] } },
    });
  });

  it("changes nothing the second time", () => {
    const once = grantOwner({ channels: { gossip: {} } }, "default", ID);
    expect(grantOwner(once, "default", ID)).toEqual(once);
  });

  it("opens a closed account for him alone, whoever stands on a list of earlier days", () => {
    const cfg = { channels: { gossip: { dmPolicy: "disabled", allowFrom: ["gossip1eve"] } } };
    expect(grantOwner(cfg, "default", ID).channels?.["gossip"]).toEqual({
      dmPolicy: "allowlist",
      allowFrom: [ID],
    });
  });

  it("reaches a default account with an entry of its own, which hides the section", () => {
    const cfg = { channels: { gossip: { accounts: { default: { dmPolicy: "disabled" } } } } };
    const account = resolveGossipAccount(grantOwner(cfg, "default", ID), "default");
    expect(account).toMatchObject({ dmPolicy: "allowlist", allowFrom: [ID] });
  });

  it("writes into the account that the phone talked to", () => {
    const cfg = { channels: { gossip: { enabled: true, accounts: { work: {} } } } };
    expect(grantOwner(cfg, "work", ID).channels?.["gossip"]).toEqual({
      enabled: true,
      accounts: { work: { allowFrom: [ID] } },
    });
  });
});

const cfgOf = (...ownerAllowFrom: (string | number)[]) => ({ commands: { ownerAllowFrom } });

describe("the owners in the configuration", () => {
  const PAT = "gossip1wjkt2awm9gluat74xxk8av2uanzeg2ywtd5fclad5p4n5yy6t3es0ejzuh";

  it("are nobody while only wildcards stand there, as OpenClaw has it", () => {
    expect([{}, cfgOf(), cfgOf("*", "gossip:*", " ")].map(hasOwner)).toEqual([false, false, false]);
    expect([cfgOf("signal:+1"), cfgOf(7)].map(hasOwner)).toEqual([true, true]);
  });

  it("are Gossip users by their ids, each once, and nobody of other channels", () => {
    const cfg = cfgOf(`gossip:${PAT}`, PAT.toUpperCase(), `signal:${PAT}`, "*", 7);
    expect(listGossipOwners(cfg)).toEqual([PAT]);
  });
});
