// Second step of the wizard: who may write to the bot.
import { tryParseGroupEntry } from "channel-access/cold";
import type { Configured, OwnerMoment, SetupIo } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { patchAccount } from "./account-patch.ts";
import { resolveGossipAccount } from "./accounts.ts";
import { tryParseContact } from "./client-invite.ts";

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

/** Everything a person pastes, each id and access group once; `wrong` counts what is neither. */
export function parseContacts(text: string): { readonly ids: string[]; readonly wrong: number[] } {
  const parts = text.split(/[\s,;]+/u).filter((part) => part !== "");
  const parsed = parts.map((part) => tryParseContact(part) ?? tryParseGroupEntry(part)?.entry);
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
