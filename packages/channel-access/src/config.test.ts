import { identityEntryAuthenticationClassifier } from "openclaw/plugin-sdk/channel-ingress-runtime";
import {
  buildChannelConfigSchema,
  buildJsonChannelConfigSchema,
} from "openclaw/plugin-sdk/channel-config-schema";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  createConfigSchema,
  createDmPolicyResolver,
  createManifestSchema,
  dmAccessShape,
  refineDmAccess,
} from "./config.ts";
import { createSenderIdentity } from "./identity.ts";

function normalize(text: string): string | undefined {
  return /^id1[a-z]+$/i.test(text) ? text.toLowerCase() : undefined;
}

const schema = z
  .strictObject({ enabled: z.boolean().optional(), ...dmAccessShape })
  .superRefine(refineDmAccess("test"));

const cases = [
  { value: {}, isValid: true },
  { value: { dmPolicy: "pairing" }, isValid: true },
  { value: { dmPolicy: "pairing", allowFrom: ["id1a"] }, isValid: true },
  { value: { dmPolicy: "disabled", allowFrom: [] }, isValid: true },
  { value: { dmPolicy: "allowlist", allowFrom: ["id1a", 7] }, isValid: true },
  { value: { dmPolicy: "open", allowFrom: ["*"] }, isValid: true },
  { value: { dmPolicy: "open", allowFrom: ["id1a", "*"] }, isValid: true },
  { value: { dmPolicy: "open" }, isValid: false },
  { value: { dmPolicy: "open", allowFrom: ["id1a"] }, isValid: false },
  { value: { allowFrom: ["*"] }, isValid: false },
  { value: { dmPolicy: "pairing", allowFrom: ["id1a", "*"] }, isValid: false },
  { value: { dmPolicy: "allowlist", allowFrom: ["*"] }, isValid: false },
  { value: { dmPolicy: "disabled", allowFrom: ["*"] }, isValid: false },
  { value: { dmPolicy: "allowlist" }, isValid: false },
  { value: { dmPolicy: "allowlist", allowFrom: [] }, isValid: false },
  { value: { dmPolicy: "everybody" }, isValid: false },
  { value: { dmPolicy: "pairing", allowFrom: "id1a" }, isValid: false },
  { value: { unknown: true }, isValid: false },
];

describe("createConfigSchema", () => {
  const uiHints = { enabled: { label: "Enabled" } };

  it("gives what the host's own builder gives", () => {
    const lazy = createConfigSchema(() => schema, uiHints);
    const whole = buildChannelConfigSchema(schema, { uiHints });
    expect({ schema: lazy.schema, uiHints: lazy.uiHints }).toEqual({
      schema: whole.schema,
      uiHints: whole.uiHints,
    });
    for (const { value } of cases)
      expect(lazy.runtime?.safeParse(value)).toEqual(whole.runtime?.safeParse(value));
  });

  it("does nothing before it is asked", () => {
    const lazy = createConfigSchema(() => {
      throw new Error("built");
    }, uiHints);
    expect(lazy.uiHints).toBe(uiHints);
    expect(() => lazy.schema).toThrow("built");
  });
});

describe("refineDmAccess", () => {
  it.each(cases)("finds $value valid: $isValid", ({ value, isValid }) => {
    expect(schema.safeParse(value).success).toBe(isValid);
  });

  it("also refuses a wildcard written with spaces", () => {
    expect(schema.safeParse({ dmPolicy: "pairing", allowFrom: [" * "] }).success).toBe(false);
  });

  it("goes by the channel's default where no policy is given", () => {
    const open = z.strictObject(dmAccessShape).superRefine(refineDmAccess("test", "open"));
    expect(open.safeParse({ allowFrom: ["*"] }).success).toBe(true);
    expect(open.safeParse({}).success).toBe(false);
  });

  it("says where and what to change", () => {
    const { error } = schema.safeParse({ allowFrom: ["*"] });
    expect(error?.issues).toEqual([
      expect.objectContaining({
        path: ["allowFrom"],
        message:
          'channels.test.allowFrom has "*", which admits everybody and needs dmPolicy "open" (it is "pairing")',
      }),
    ]);
  });
});

describe("createManifestSchema", () => {
  it.each(cases)(
    "makes the host's own validator find $value valid: $isValid",
    ({ value, isValid }) => {
      const { runtime } = buildJsonChannelConfigSchema(createManifestSchema(schema));
      expect(runtime?.safeParse(value).success).toBe(isValid);
    },
  );

  it("is plain JSON, to be written into a manifest", () => {
    const manifest = createManifestSchema(schema);
    expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
    expect(manifest).toMatchObject({ type: "object", additionalProperties: false });
  });
});

describe("createDmPolicyResolver", () => {
  const resolvePolicy = createDmPolicyResolver<{ accountId: string; list: string[] }>({
    channelId: "test",
    identity: createSenderIdentity({ key: "test-id", normalize }),
    normalize,
    selectPolicy: ({ list }) => ({ dmPolicy: "allowlist", allowFrom: list }),
  });

  it("shows the host the rules, where they are written and how to approve", () => {
    const account = { accountId: "default", list: ["id1a"] };
    expect(resolvePolicy({ cfg: {}, accountId: "default", account })).toMatchObject({
      policy: "allowlist",
      allowFrom: ["id1a"],
      allowFromPath: "channels.test.",
      approveHint: expect.stringContaining("openclaw pairing approve test"),
    });
  });

  it("canonicalizes entries and calls proven ids verified", () => {
    const account = { accountId: "default", list: [] };
    const { classifyEntryAuthentication, normalizeEntry } = resolvePolicy({ cfg: {}, account });
    expect(normalizeEntry?.("ID1A")).toBe("id1a");
    expect(normalizeEntry?.(" nobody! ")).toBe("nobody!");
    const host = identityEntryAuthenticationClassifier(
      createSenderIdentity({ key: "test-id", normalize }),
    );
    const entries = ["ID1A", "id1a", "nobody!", "*", ""];
    expect(entries.map((entry) => classifyEntryAuthentication?.(entry))).toEqual(
      entries.map((entry) => host(entry)),
    );
    expect(classifyEntryAuthentication?.("ID1A")).toBe("verified");
  });
});
