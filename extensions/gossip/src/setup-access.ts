// Second step of the wizard: who may write to the bot, and whether people share one conversation.
import type { Configured, OwnerMoment, SetupIo } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { patchAccount } from "./account-patch.ts";
import { resolveGossipAccount } from "./accounts.ts";
import { tryParseContact } from "./client-invite.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { recommendScope, type SafeScope } from "./session-scope.ts";

type Policy = "pairing" | "allowlist" | "open" | "disabled";

/**
 * Asks who may write, and writes policy and list of the account. Where nobody is owner yet, the first answer settles that
 * too: two questions that nearly everybody answers alike are one.
 *
 * @param options.offersOwner - Whether the owner can be found out in this run.
 */
export async function settleAccess(
  cfg: OpenClawConfig,
  accountId: string,
  { prompter }: Pick<SetupIo, "prompter">,
  { offersOwner }: { readonly offersOwner: boolean },
): Promise<Configured<OwnerMoment>> {
  const { allowFrom, dmPolicy } = resolveGossipAccount(cfg, accountId);
  const dmPolicyNow: Policy = dmPolicy;
  const policy = await prompter.select<Policy | "owner">({
    message: "Who may write to the bot?",
    options: [
      ...(offersOwner
        ? [
            {
              value: "owner" as const,
              label: "You, and people you approve",
              hint: "you send a code from the Gossip app",
            },
          ]
        : []),
      {
        value: "pairing",
        label: "People you approve",
        hint: offersOwner
          ? "you become owner later: openclaw gossip owner"
          : "unknown people get a code for you",
      },
      { value: "allowlist", label: "Only these ids", hint: "you paste them now" },
      { value: "disabled", label: "Nobody yet" },
      // Offered to those who have it already: it lets any stranger use the agent.
      ...(dmPolicyNow === "open"
        ? [{ value: "open" as const, label: "Everybody", hint: "as now" }]
        : []),
    ],
    initialValue: offersOwner && dmPolicyNow === "pairing" ? "owner" : dmPolicyNow,
  });
  if (policy === "open") return { cfg, result: "ask" };
  const listed = allowFrom.filter((entry) => entry !== "*");
  if (policy !== "allowlist") {
    return {
      cfg: patchAccount(cfg, accountId, {
        dmPolicy: policy === "owner" ? "pairing" : policy,
        // An empty list too: a wildcard that stayed, or is inherited, would let everybody in.
        ...(allowFrom.length > 0 ? { allowFrom: listed } : {}),
      }),
      result: MOMENT[policy],
    };
  }
  const pasted = await prompter.text({
    message: "Ids that may write: paste ids, invite links or the text of QR codes",
    initialValue: listed.join(" "),
    placeholder: "gossip1...",
    validate: (text) => judgeContacts(text),
  });
  const ids = parseContacts(pasted).ids;
  return { cfg: patchAccount(cfg, accountId, { dmPolicy: policy, allowFrom: ids }), result: "ask" };
}

/** Who chose to approve people without being owner has been offered it. */
const MOMENT: Readonly<Record<"owner" | "pairing" | "disabled", OwnerMoment>> = {
  owner: "now",
  pairing: "later",
  disabled: "ask",
};

/** Everything a person pastes, each id once; `wrong` counts what is none. */
export function parseContacts(text: string): { readonly ids: string[]; readonly wrong: number[] } {
  const parts = text.split(/[\s,;]+/u).filter((part) => part !== "");
  const parsed = parts.map((part) => tryParseContact(part));
  return {
    ids: [...new Set(parsed.filter((id) => id !== undefined))],
    wrong: parsed.flatMap((id, index) => (id === undefined ? [index + 1] : [])),
  };
}

function judgeContacts(text: string): string | undefined {
  const { ids, wrong } = parseContacts(text);
  if (wrong.length > 0) return `Entry ${wrong.join(", ")} is no Gossip id and no invite link`;
  return ids.length === 0 ? "At least one id: gossip1 and 58 more characters" : undefined;
}

/**
 * Sees to it that people do not read each other's conversations with the agent, and that a person who writes to two
 * accounts has two. A setting that somebody chose, or that other channels work with, is changed only after a yes.
 */
export async function settleScope(
  cfg: OpenClawConfig,
  { prompter }: Pick<SetupIo, "prompter">,
): Promise<OpenClawConfig> {
  const scope = cfg.session?.dmScope;
  const wanted = recommendScope(cfg);
  const keepsPeopleApart = scope !== undefined && scope !== "main";
  if (keepsPeopleApart && (wanted === "per-channel-peer" || scope === wanted)) return cfg;
  const others = Object.keys(cfg.channels ?? {}).filter(
    (id) => id !== CHANNEL_ID && id !== "defaults",
  );
  if (scope !== undefined || others.length > 0) {
    const what = keepsPeopleApart
      ? "Keep the conversations of one person with each of your Gossip accounts apart"
      : "Give each person a conversation of their own";
    const cost = keepsPeopleApart ? "; conversations begin anew" : "";
    const message = `${what} (session.dmScope: ${wanted}, for all channels${cost})?`;
    if (!(await prompter.confirm({ message, initialValue: true }))) return cfg;
  }
  return withScope(cfg, wanted);
}

function withScope(cfg: OpenClawConfig, dmScope: SafeScope): OpenClawConfig {
  return { ...cfg, session: { ...cfg.session, dmScope } };
}
