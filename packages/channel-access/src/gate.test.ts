// The gate over the host's real policy. The resolver used here is the one behind `channelRuntime.inbound.ingress`;
// test/host asks the runtime object of a real gateway.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  createAccessGate,
  type AccessDecision,
  type AccessGate,
  type AccessGateOptions,
  type AccessPolicy,
  type AccessQuery,
} from "./gate.ts";
import { createSenderIdentity } from "./identity.ts";

/** An id format in which upper case is another spelling, as in bech32, and mixed case is none. */
function normalize(text: string): string | undefined {
  const trimmed = text.trim();
  const isOneCase = trimmed === trimmed.toLowerCase() || trimmed === trimmed.toUpperCase();
  return isOneCase && /^id1[a-z]+$/i.test(trimmed) ? trimmed.toLowerCase() : undefined;
}

const identity = createSenderIdentity({ key: "test-id", normalize });

let policy: AccessPolicy;
let approved: string[];
let lines: string[];

beforeEach(() => {
  policy = { dmPolicy: "pairing", allowFrom: [] };
  approved = [];
  lines = [];
});

// Drop lines are written once per process and account, so each gate is an account of its own.
let accounts = 0;

function gateOptions(): Omit<AccessGateOptions, "readApproved"> {
  accounts += 1;
  return {
    channelId: "test",
    accountId: `account-${accounts}`,
    identity,
    runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
    readConfig: () => ({}),
    selectPolicy: () => policy,
    log: (line) => lines.push(line),
  };
}

function gateWith(overrides: Partial<AccessGateOptions> = {}): AccessGate {
  return createAccessGate({
    ...gateOptions(),
    readApproved: async () => approved,
    ...overrides,
  });
}

function direct(senderId: string, overrides: Partial<AccessQuery> = {}): AccessQuery {
  return { senderId, conversation: { kind: "direct", id: senderId }, ...overrides };
}

function inGroup(senderId: string, wasMentioned: boolean): AccessQuery {
  return {
    senderId,
    conversation: { kind: "group", id: "team" },
    mentionFacts: { canDetectMention: true, wasMentioned },
  };
}

describe("direct messages", () => {
  type Kind = AccessDecision["kind"];
  const policies = ["pairing", "allowlist", "open", "disabled"] as const;
  // Who writes, with which id, and what becomes of him under each policy in that order (open has no wildcard here).
  const matrix: [string, string, [Kind, Kind, Kind, Kind]][] = [
    ["unknown", "id1unknown", ["pairing", "block", "block", "block"]],
    ["listed", "id1listed", ["allow", "allow", "allow", "block"]],
    ["listed, in upper case", "ID1LISTED", ["allow", "allow", "allow", "block"]],
    ["approved by pairing", "id1approved", ["allow", "block", "block", "block"]],
    ["listed but for mixed case", "id1Listed", ["pairing", "block", "block", "block"]],
    ["named like the wildcard", "*", ["pairing", "block", "block", "block"]],
  ];
  const cases = matrix.flatMap(([sender, senderId, kinds]) =>
    policies.map((dmPolicy, index) => ({ dmPolicy, sender, senderId, kind: kinds[index] })),
  );

  it.each(cases)("$dmPolicy: $kind for a sender who is $sender", async (given) => {
    policy = { dmPolicy: given.dmPolicy, allowFrom: ["id1listed"] };
    approved = ["id1approved"];
    const decision = await gateWith().decide(direct(given.senderId));
    expect(decision.kind).toBe(given.kind);
  });

  it("open admits everybody once the list has the wildcard", async () => {
    policy = { dmPolicy: "open", allowFrom: ["*"] };
    await expect(gateWith().decide(direct("id1unknown"))).resolves.toMatchObject({ kind: "allow" });
  });

  it.each(["open", "pairing", "allowlist"] as const)(
    "%s: tells who is listed or approved from whom a wildcard lets in",
    async (dmPolicy) => {
      policy = { dmPolicy, allowFrom: ["*", " * ", "id1listed"] };
      approved = ["id1approved"];
      const gate = gateWith();
      await expect(gate.isNamed("id1listed")).resolves.toBe(true);
      await expect(gate.isNamed("id1approved")).resolves.toBe(true);
      await expect(gate.isNamed("id1unknown")).resolves.toBe(false);
      await expect(gate.isNamed("*")).resolves.toBe(false);
    },
  );

  it.each(["ID1LISTED", " id1listed "])("matches the configured spelling %j", async (entry) => {
    policy = { dmPolicy: "allowlist", allowFrom: [entry] };
    await expect(gateWith().decide(direct("id1listed"))).resolves.toMatchObject({ kind: "allow" });
  });

  it.each(["id1Listed", "id1listed2", "accessGroup:friends", "__proto__", "", "id1"])(
    "admits nobody for the configured entry %j",
    async (entry) => {
      policy = { dmPolicy: "allowlist", allowFrom: [entry] };
      await expect(gateWith().decide(direct("id1listed"))).resolves.toMatchObject({
        kind: "block",
      });
    },
  );

  it("goes by the rules of the moment of each message", async () => {
    const gate = gateWith();
    policy = { dmPolicy: "allowlist", allowFrom: [] };
    await expect(gate.decide(direct("id1friend"))).resolves.toMatchObject({ kind: "block" });
    policy = { dmPolicy: "allowlist", allowFrom: ["id1friend"] };
    await expect(gate.decide(direct("id1friend"))).resolves.toMatchObject({ kind: "allow" });
    policy = { dmPolicy: "disabled", allowFrom: ["id1friend"] };
    await expect(gate.decide(direct("id1friend"))).resolves.toMatchObject({ kind: "block" });
  });

  it("lets an approval in with the next message", async () => {
    const gate = gateWith();
    await expect(gate.decide(direct("id1new"))).resolves.toEqual({ kind: "pairing" });
    approved = ["id1new"];
    await expect(gate.decide(direct("id1new"))).resolves.toMatchObject({ kind: "allow" });
  });

  it("reads the approvals of the host's own store unless told otherwise", async () => {
    const stateFolder = mkdtempSync(join(tmpdir(), "channel-access-"));
    vi.stubEnv("OPENCLAW_STATE_DIR", stateFolder);
    try {
      const gate = createAccessGate(gateOptions());
      await expect(gate.decide(direct("id1new"))).resolves.toEqual({ kind: "pairing" });
    } finally {
      vi.unstubAllEnvs();
      rmSync(stateFolder, { recursive: true, force: true });
    }
  });

  it("never answers a reaction of a stranger with a code", async () => {
    await expect(
      gateWith().decide(direct("id1stranger", { event: "reaction" })),
    ).resolves.toMatchObject({ kind: "block" });
  });

  it("authorizes commands of listed senders, when asked about one", async () => {
    policy = { dmPolicy: "allowlist", allowFrom: ["id1owner"] };
    const gate = gateWith();
    await expect(gate.decide(direct("id1owner", { hasControlCommand: true }))).resolves.toEqual({
      kind: "allow",
      isCommandAuthorized: true,
    });
    await expect(gate.decide(direct("id1owner"))).resolves.toEqual({
      kind: "allow",
      isCommandAuthorized: false,
    });
  });
});

describe("approvals that cannot be read", () => {
  const unreadable = { readApproved: () => Promise.reject(new Error("database is locked")) };

  it("stop the decision where they are needed, so that the message is tried again", async () => {
    await expect(gateWith(unreadable).decide(direct("id1approved"))).rejects.toMatchObject({
      code: "undecidable",
    });
  });

  it.each<[AccessPolicy, AccessDecision["kind"]]>([
    [{ dmPolicy: "open", allowFrom: ["*"] }, "allow"],
    [{ dmPolicy: "allowlist", allowFrom: ["id1listed"] }, "allow"],
    [{ dmPolicy: "allowlist", allowFrom: [] }, "block"],
    [{ dmPolicy: "disabled", allowFrom: [] }, "block"],
  ])("do not matter under %j", async (rules, kind) => {
    policy = rules;
    await expect(gateWith(unreadable).decide(direct("id1listed"))).resolves.toMatchObject({ kind });
  });
});

describe("groups", () => {
  it("are closed unless configured", async () => {
    policy = { dmPolicy: "open", allowFrom: ["*"] };
    await expect(gateWith().decide(inGroup("id1member", true))).resolves.toMatchObject({
      kind: "block",
      reason: "group_policy_disabled",
    });
  });

  it("need a mention unless told otherwise", async () => {
    policy = { dmPolicy: "disabled", allowFrom: [], groupPolicy: "open" };
    const gate = gateWith();
    await expect(gate.decide(inGroup("id1member", false))).resolves.toEqual({
      kind: "skip",
      reason: "activation_skipped",
    });
    await expect(gate.decide(inGroup("id1member", true))).resolves.toMatchObject({ kind: "allow" });
    policy = { ...policy, requireMention: false };
    await expect(gate.decide(inGroup("id1member", false))).resolves.toMatchObject({
      kind: "allow",
    });
  });

  it("have a list of their own: neither the direct list nor an approval opens them", async () => {
    policy = {
      dmPolicy: "pairing",
      allowFrom: ["id1direct"],
      groupPolicy: "allowlist",
      groupAllowFrom: ["id1member"],
    };
    approved = ["id1approved"];
    const gate = gateWith();
    await expect(gate.decide(inGroup("id1member", true))).resolves.toMatchObject({ kind: "allow" });
    for (const senderId of ["id1direct", "id1approved", "id1unknown"]) {
      await expect(gate.decide(inGroup(senderId, true))).resolves.toEqual({
        kind: "block",
        reason: "group_policy_not_allowlisted",
      });
    }
  });
});

describe("bind", () => {
  const binding = {
    agentId: "main",
    sessionKey: "agent:main:test:direct:id1friend",
    messageId: "m1",
    inboundEventKind: "user_request",
  } as const;

  it("gives the host's own result for a sender who is still allowed", async () => {
    policy = { dmPolicy: "allowlist", allowFrom: ["id1friend"] };
    const result = await gateWith().bind(direct("id1friend"), binding);
    expect(result?.ingress).toMatchObject({ admission: "dispatch", decision: "allow" });
  });

  it("passes the binding on to the host", async () => {
    policy = { dmPolicy: "allowlist", allowFrom: ["id1friend"] };
    const asked: unknown[] = [];
    const gate = gateWith({
      runtime: {
        inbound: {
          ingress: {
            resolveStable: (params) => {
              asked.push(params.contextBinding);
              return resolveStableChannelMessageIngress(params);
            },
          },
        },
      },
    });
    await gate.decide(direct("id1friend"));
    await gate.bind(direct("id1friend"), binding);
    expect(asked).toEqual([undefined, binding]);
  });

  it("gives nothing to a sender who lost access between decision and turn", async () => {
    const gate = gateWith();
    policy = { dmPolicy: "allowlist", allowFrom: ["id1friend"] };
    await expect(gate.decide(direct("id1friend"))).resolves.toMatchObject({ kind: "allow" });
    policy = { dmPolicy: "allowlist", allowFrom: [] };
    await expect(gate.bind(direct("id1friend"), binding)).resolves.toBeUndefined();
  });
});

describe("log lines", () => {
  it("name channel and reason once, and nobody", async () => {
    policy = { dmPolicy: "allowlist", allowFrom: [] };
    const gate = gateWith();
    await gate.decide(direct("id1stranger"));
    await gate.decide(direct("id1other"));
    expect(lines).toEqual(["test: drop dm_policy_not_allowlisted"]);
  });

  it("say what is missing when an open account admits nobody", async () => {
    policy = { dmPolicy: "open", allowFrom: [] };
    await gateWith().decide(direct("id1stranger"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('dmPolicy "open" admits nobody unless allowFrom has "*"');
  });
});
