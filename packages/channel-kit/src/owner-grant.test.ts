import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { grantDirectOwner, isOwned, listOwners } from "./owner-grant.ts";

const PAT = { senderId: "pat", entry: "chat:pat" };

function grant(
  cfg: OpenClawConfig,
  account: { accountId?: string; dmPolicy?: string; allowFrom?: string[] },
): OpenClawConfig {
  const resolved = { accountId: "default", dmPolicy: "pairing", allowFrom: [], ...account };
  return grantDirectOwner("chat", cfg, resolved, PAT);
}

describe("making somebody owner", () => {
  it("adds him to the owners and to who may write, beside those who are there", () => {
    const cfg = {
      commands: { ownerAllowFrom: ["signal:+1"] },
      channels: { chat: { enabled: true, allowFrom: ["eve"] } },
    };
    expect(grant(cfg, { allowFrom: ["eve"] })).toEqual({
      commands: { ownerAllowFrom: ["signal:+1", "chat:pat"] },
      channels: { chat: { enabled: true, allowFrom: ["eve", "pat"] } },
    });
  });

  it("changes nothing the second time", () => {
    const once = grant({ channels: { chat: {} } }, {});
    expect(grant(once, { allowFrom: ["pat"] })).toEqual(once);
  });

  it("opens a closed account for him alone, whoever stands on a list of earlier days", () => {
    const closed = { dmPolicy: "disabled", allowFrom: ["eve"] };
    expect(grant({ channels: { chat: closed } }, closed).channels?.["chat"]).toEqual({
      dmPolicy: "allowlist",
      allowFrom: ["pat"],
    });
  });

  it("reaches a default account with an entry of its own, which hides the section", () => {
    const closed = { dmPolicy: "disabled" };
    const cfg = { channels: { chat: { accounts: { default: closed } } } };
    expect(grant(cfg, closed).channels?.["chat"]).toMatchObject({
      accounts: { default: { dmPolicy: "allowlist", allowFrom: ["pat"] } },
    });
  });

  it("writes into the account that the phone talked to", () => {
    const cfg = { channels: { chat: { enabled: true, accounts: { work: {} } } } };
    expect(grant(cfg, { accountId: "work" }).channels?.["chat"]).toEqual({
      enabled: true,
      accounts: { work: { allowFrom: ["pat"] } },
    });
  });
});

const tryParse = (entry: string) => /^chat:(\w+)$/i.exec(entry)?.[1]?.toLowerCase();
const cfgOf = (...ownerAllowFrom: (string | number)[]) => ({ commands: { ownerAllowFrom } });

describe("the owners in the configuration", () => {
  it("are nobody while only wildcards stand there, as OpenClaw has it", () => {
    expect([{}, cfgOf(), cfgOf("*", "chat:*", " ")].map(isOwned)).toEqual([false, false, false]);
    expect([cfgOf("signal:+1"), cfgOf(7)].map(isOwned)).toEqual([true, true]);
  });

  it("are those whom the channel knows, each once", () => {
    const cfg = cfgOf("chat:pat", "CHAT:PAT", "signal:pat", "*", 7);
    expect(listOwners(cfg, tryParse)).toEqual(["pat"]);
  });
});
