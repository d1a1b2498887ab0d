import {
  AllowFromListSchema,
  buildChannelConfigSchema,
  DmPolicySchema,
  refineChannelDmPolicy,
} from "openclaw/plugin-sdk/channel-config-schema";
import { createScopedDmSecurityResolver } from "openclaw/plugin-sdk/channel-config-helpers";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { StableChannelIngressIdentityParams } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { formatPairingApproveHint } from "openclaw/plugin-sdk/channel-plugin-common";
import type { AccessPolicy, DmPolicy } from "./gate.ts";

/** The two keys of direct-message access, to spread into a channel's or account's object schema. */
export const dmAccessShape = {
  dmPolicy: DmPolicySchema.optional(),
  allowFrom: AllowFromListSchema,
};

interface DmAccessValue {
  readonly dmPolicy?: string | undefined;
  readonly allowFrom?: (string | number)[] | undefined;
}
type RefinementContext = Parameters<typeof refineChannelDmPolicy>[0]["ctx"];

/**
 * The rules between the two keys, for `superRefine`: `open` needs "*", `allowlist` needs entries (both the host's),
 * and "*" needs `open`, because under any other policy it would quietly let everybody in.
 */
export function refineDmAccess(
  channelId: string,
  defaultPolicy: DmPolicy = "pairing",
): (value: DmAccessValue, context: RefinementContext) => void {
  return ({ allowFrom, dmPolicy = defaultPolicy }, context) => {
    refineChannelDmPolicy({
      channelId,
      value: { dmPolicy, ...(allowFrom === undefined ? {} : { allowFrom }) },
      ctx: context,
    });
    if (dmPolicy !== "open" && allowFrom?.some((entry) => String(entry).trim() === "*") === true) {
      context.addIssue({
        code: "custom",
        path: ["allowFrom"],
        message: `channels.${channelId}.allowFrom has "*", which admits everybody and needs dmPolicy "open" (it is "${dmPolicy}")`,
      });
    }
  };
}

type ZodSchema = Parameters<typeof buildChannelConfigSchema>[0];
type ConfigSchema = NonNullable<ChannelPlugin["configSchema"]>;

/**
 * The plugin's `configSchema`, made when it is first asked for. Every command of the host loads the plugin, and hardly any
 * looks at this: the manifest tells the host the same without running anything.
 */
export function createConfigSchema(
  makeSchema: () => ZodSchema,
  uiHints: NonNullable<ConfigSchema["uiHints"]>,
): ConfigSchema {
  let built: ReturnType<typeof buildChannelConfigSchema> | undefined;
  const build = () => (built ??= buildChannelConfigSchema(makeSchema(), { uiHints }));
  return {
    get schema() {
      return build().schema;
    },
    uiHints,
    runtime: {
      safeParse: (value) => build().runtime?.safeParse(value) ?? { success: false, issues: [] },
    },
  };
}

/**
 * JSON Schema of a channel's zod schema, for `channelConfigs.<id>.schema` of the manifest: the host validates a
 * configuration with it before it loads the plugin. The rules between policy and list are added for the channel's
 * own level; what an account inherits only the zod schema can judge.
 *
 * @param schema - An object schema with {@link dmAccessShape} in it.
 */
export function createManifestSchema(schema: ZodSchema): Record<string, unknown> {
  const hasWildcard = {
    properties: { allowFrom: { contains: { const: "*" } } },
    required: ["allowFrom"],
  };
  const isOpen = { properties: { dmPolicy: { const: "open" } }, required: ["dmPolicy"] };
  const isAllowlist = { properties: { dmPolicy: { const: "allowlist" } }, required: ["dmPolicy"] };
  const hasEntries = { properties: { allowFrom: { minItems: 1 } }, required: ["allowFrom"] };
  return {
    ...buildChannelConfigSchema(schema).schema,
    // "A needs B" as "not A, or B".
    allOf: [
      { anyOf: [{ not: isOpen }, hasWildcard] },
      { anyOf: [{ not: hasWildcard }, isOpen] },
      { anyOf: [{ not: isAllowlist }, hasEntries] },
    ],
  };
}

/** The plugin's `security.resolveDmPolicy`: shows the host's audit and doctor the rules the gate goes by. */
export function createDmPolicyResolver<TAccount extends { accountId?: string | null }>(options: {
  readonly channelId: string;
  readonly identity: StableChannelIngressIdentityParams;
  normalize(text: string): string | undefined;
  selectPolicy(account: TAccount): AccessPolicy;
}): ReturnType<typeof createScopedDmSecurityResolver<TAccount>> {
  // What the host's identityEntryAuthenticationClassifier says of an identity with one kind of id. Its module brings the
  // whole ingress along, a tenth of a second that every command of the host would pay; a test compares the two.
  const { authentication } = options.identity;
  if (typeof authentication === "function")
    throw new TypeError("expected an identity whose ids are all proven alike");
  return createScopedDmSecurityResolver<TAccount>({
    channelKey: options.channelId,
    resolvePolicy: (account) => options.selectPolicy(account).dmPolicy,
    resolveAllowFrom: (account) => [...options.selectPolicy(account).allowFrom],
    approveHint: formatPairingApproveHint(options.channelId),
    normalizeEntry: (entry) => options.normalize(entry) ?? entry.trim(),
    classifyEntryAuthentication: (entry) =>
      entry === "*" || options.normalize(entry) === undefined ? undefined : authentication,
  });
}
