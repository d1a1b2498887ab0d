import type { ResolvedMeshAccount } from "./accounts.ts";
import type { GroupRules } from "./config-schema.ts";

/** The rules of a channel: its own, and those of `*` for what it does not say. Both lists of peers count. */
export function resolveRules(
  { groups }: Pick<ResolvedMeshAccount, "groups">,
  channelId: string,
): GroupRules & { readonly allowFrom: readonly string[] } {
  const own = groups[channelId];
  const common = groups["*"];
  const allowFrom = [...(common?.allowFrom ?? []), ...(own?.allowFrom ?? [])].map(String);
  return { ...common, ...own, allowFrom };
}
