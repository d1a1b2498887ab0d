import { readFileSync } from "node:fs";
import { createInvite, keyFromHex } from "convos-node-sdk/invite";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { describe, expect, it } from "vitest";
import { listConvosAccountIds, resolveConvosAccount } from "./accounts.ts";
import { assertSameNetwork, readOffer } from "./invite-offer.ts";
import { convosPlugin } from "./channel.ts";
import { convosPluginBase } from "./plugin-base.ts";
import { grantOwner } from "./owner-grant.ts";
import { convosSetupContract } from "./setup.ts";

const ROOM = "0a".repeat(16);
const INBOX = "a1".repeat(32);
const NOW_MS = Date.UTC(2030, 0, 1);

function add(input: object, cfg: OpenClawConfig = {}, accountId = "default") {
  const problem = convosSetupContract.validateInput?.({ cfg, accountId, input }) ?? null;
  const next = convosSetupContract.applyAccountConfig({ cfg, accountId, input });
  return { problem, section: next.channels?.["convos"] };
}

describe("channels add", () => {
  it("needs no option", () => {
    expect(add({})).toEqual({ problem: null, section: { enabled: true } });
  });

  it("writes network and node, and never the invite or where it is", () => {
    const input = { env: "dev", apiUrl: "http://127.0.0.1:9", inviteFile: "/tmp/invite" };
    const { problem, section } = add(input, { channels: { convos: { debug: true } } });
    expect(problem).toBeNull();
    expect(section).toEqual({
      enabled: true,
      debug: true,
      env: "dev",
      apiUrl: "http://127.0.0.1:9",
    });
  });

  it("refuses a node over plain http on another machine", () => {
    expect(add({ apiUrl: "http://node.example" }).problem).toMatch(/apiUrl.*https/);
  });

  it("offers the same fields in package.json, where the host reads them first", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    expect(JSON.parse(text)).toMatchObject({
      openclaw: {
        channel: {
          ...convosPluginBase.meta,
          setup: { fields: convosSetupContract.metadata.fields },
        },
      },
    });
  });
});

describe("an account", () => {
  it("has the defaults of the documentation", () => {
    expect(resolveConvosAccount({ channels: { convos: { enabled: true } } })).toMatchObject({
      accountId: "default",
      configured: true,
      enabled: true,
      name: "OpenClaw",
      env: "production",
      dmPolicy: "pairing",
      groupPolicy: "allowlist",
      debug: false,
      ownerConversationId: undefined,
    });
    expect(resolveConvosAccount({})).toMatchObject({ configured: false, enabled: false });
  });

  it("of its own inherits network and rules, never key, name or conversation", () => {
    const convos = {
      name: "Marvin",
      env: "dev",
      privateKey: "11".repeat(32),
      ownerConversationId: ROOM,
      groupPolicy: "open",
      accounts: { work: {} },
    };
    const cfg: OpenClawConfig = { channels: { convos } };
    expect(listConvosAccountIds(cfg)).toEqual(["default", "work"]);
    expect(resolveConvosAccount(cfg, "work")).toMatchObject({
      name: "OpenClaw",
      env: "dev",
      ownerKey: { kind: "generated" },
      ownerConversationId: undefined,
      groupPolicy: "open",
    });
    expect(JSON.stringify(resolveConvosAccount(cfg))).not.toContain("1111");
  });

  it.each([
    ["an owner conversation that is no id", { ownerConversationId: "Family" }],
    ["a wildcard without the policy open", { allowFrom: ["*"] }],
    ["a conversation that is no id", { groups: { Family: { enabled: true } } }],
    ["a network that is none", { env: "staging" }],
  ])("with %s is refused by the name of the key", (_what, section) => {
    const [key = ""] = Object.keys(section);
    expect(() => resolveConvosAccount({ channels: { convos: section } })).toThrow(key);
  });
});

describe("an invite at the setup", () => {
  const key = keyFromHex("22".repeat(32));
  const url = (more: Partial<Parameters<typeof createInvite>[0]> = {}): string =>
    createInvite({
      privateKey: key.privateKey,
      creatorInboxId: key.inboxId,
      conversationId: ROOM,
      tag: "tag",
      ...more,
    }).url;

  it("is described before anybody is asked, without control characters of its maker", () => {
    const expiresAtUnix = NOW_MS / 1000 + 23.5 * 3600;
    const text = url({ name: "Fam\u001b[31mily", expiresAtUnix, expiresAfterUse: true });
    expect(readOffer(`  ${text}\n`, NOW_MS)).toMatchObject({
      text,
      network: "production",
      description: '"Fam[31mily" (expires in 23 h, for one person)',
    });
  });

  it.each([
    ["is cut off", () => url().slice(0, -9)],
    ["has expired", () => url({ expiresAtUnix: NOW_MS / 1000 - 1 })],
    ["is a page of something else", () => "https://example.com/v2?i=abc"],
    ["is a word", () => "hello-there-friend"],
  ])("that %s is refused, and not quoted", (_what, make) => {
    const text = make();
    const refusal = catchError(() => readOffer(text, NOW_MS));
    expect(refusal).toMatchObject({ code: "command_refused" });
    expect(String(refusal)).not.toContain(text.slice(-12));
  });

  it("of another network says which one", () => {
    const offer = readOffer(url({ network: "dev" }), NOW_MS);
    expect(() => assertSameNetwork(offer, "production")).toThrow(/dev network/);
    expect(() => assertSameNetwork(offer, "dev")).not.toThrow();
  });
});

describe("the owner", () => {
  it("is added to the host's list, and listed by the account where an approval could make one", () => {
    const cfg = { channels: { convos: { enabled: true } }, commands: { ownerAllowFrom: ["x:1"] } };
    const next = grantOwner(cfg, "default", INBOX);
    expect(next).toEqual({
      channels: { convos: { enabled: true, allowFrom: [INBOX] } },
      commands: { ownerAllowFrom: ["x:1", `convos:${INBOX}`] },
    });
    expect(grantOwner(next, "default", INBOX)).toBe(next);
  });

  it("is added to the host's list, and to nothing else, where nobody is approved", () => {
    const cfg = { channels: { convos: { dmPolicy: "disabled" } } };
    const next = grantOwner(cfg, "default", INBOX);
    expect(next).toEqual({ ...cfg, commands: { ownerAllowFrom: [`convos:${INBOX}`] } });
  });

  it("opens a closed door for himself alone", () => {
    const cfg = { channels: { convos: { groupPolicy: "disabled", groupAllowFrom: [ROOM] } } };
    expect(grantOwner(cfg, "default", INBOX)).toMatchObject({
      channels: { convos: { groupPolicy: "allowlist", groupAllowFrom: [] } },
    });
  });
});

describe("the channel object", () => {
  it("can send, start and be asked for its state only in its whole form", () => {
    expect(Object.keys(convosPluginBase)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:gateway|message|outbound)$/)]),
    );
    expect(convosPlugin).toMatchObject({
      gateway: { startAccount: expect.any(Function) },
      message: { id: "convos" },
      outbound: { deliveryMode: "gateway" },
    });
  });

  it("takes a conversation id as a target, and never a name", async () => {
    const { messaging } = convosPluginBase;
    expect(messaging?.normalizeTarget?.(`group:${ROOM.toUpperCase()}`)).toBe(`convos:${ROOM}`);
    expect(messaging?.normalizeTarget?.("Family")).toBeUndefined();
    expect(messaging?.normalizeTarget?.(INBOX)).toBeUndefined();
  });
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
