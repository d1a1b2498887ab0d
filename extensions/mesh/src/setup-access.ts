// Third step of the wizard: who may write to the bot directly, and, of an account that has run before, who is heard in channels.
import { tryParseGroupEntry } from "channel-access/cold";
import type { Configured, OwnerMoment, SetupIo } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { patchAccount } from "./account-patch.ts";
import { resolveMeshAccount } from "./accounts.ts";
import { tryParsePeerId } from "./targets.ts";

type Policy = "pairing" | "allowlist" | "open" | "disabled";

export interface AccessQuestions {
  /** Whether the owner can be found out in this run. */
  readonly offersOwner: boolean;
  /** Nobody knows any ids yet when the bot is new: it is not asked then who is heard in channels. */
  readonly isNew: boolean;
}

/**
 * Asks who may write, and writes policies and lists of the account. Where nobody is owner yet, the first answer settles that
 * too: two questions that nearly everybody answers alike are one.
 */
export async function settleAccess(
  cfg: OpenClawConfig,
  accountId: string,
  { prompter }: Pick<SetupIo, "prompter">,
  { isNew, offersOwner }: AccessQuestions,
): Promise<Configured<OwnerMoment>> {
  const { allowFrom, dmPolicy, groupAllowFrom } = resolveMeshAccount(cfg, accountId);
  const policy = await prompter.select<Policy | "owner">({
    message: "Who may write to the bot?",
    options: [
      ...(offersOwner
        ? [
            {
              value: "owner" as const,
              label: "You, and peers you approve",
              hint: "you send a code from a peer of yours",
            },
          ]
        : []),
      {
        value: "pairing",
        label: "Peers you approve",
        hint: offersOwner
          ? "you become owner later: openclaw mesh owner"
          : "unknown ones get a code for you",
      },
      { value: "allowlist", label: "Only these ids", hint: "you paste them now" },
      { value: "disabled", label: "Nobody directly", hint: "channels only" },
      // Offered to those who have it already: it lets any stranger use the agent.
      ...(dmPolicy === "open"
        ? [{ value: "open" as const, label: "Everybody", hint: "as now" }]
        : []),
    ],
    initialValue: offersOwner && dmPolicy === "pairing" ? "owner" : dmPolicy,
  });
  const listed = allowFrom.filter((entry) => entry !== "*");
  const next = isNew
    ? cfg
    : patchAccount(cfg, accountId, {
        groupAllowFrom: await askIds(
          prompter,
          "Which peers are heard in channels, when they call the bot? (empty: only owners)",
          groupAllowFrom,
          false,
        ),
      });
  if (policy === "open") return { cfg: next, result: "ask" };
  if (policy === "allowlist") {
    const ids = await askIds(prompter, "Ids that may write directly", listed, true);
    return {
      cfg: patchAccount(next, accountId, { dmPolicy: policy, allowFrom: ids }),
      result: "ask",
    };
  }
  return {
    cfg: patchAccount(next, accountId, {
      dmPolicy: policy === "owner" ? "pairing" : policy,
      // An empty list too: a wildcard that stayed, or is inherited, would let everybody in.
      ...(allowFrom.length > 0 ? { allowFrom: listed } : {}),
    }),
    result: MOMENT[policy],
  };
}

/** Who chose to approve peers without being owner has been offered it. */
const MOMENT: Readonly<Record<"owner" | "pairing" | "disabled", OwnerMoment>> = {
  owner: "now",
  pairing: "later",
  disabled: "ask",
};

async function askIds(
  prompter: SetupIo["prompter"],
  message: string,
  known: readonly string[],
  isNeeded: boolean,
): Promise<string[]> {
  const text = await prompter.text({
    message,
    initialValue: known.join(" "),
    placeholder: "peer ids of 43 characters",
    validate: (value) => {
      const { ids, wrong } = readIds(value);
      if (wrong.length > 0) return `Entry ${wrong.join(", ")} is no peer id`;
      return isNeeded && ids.length === 0 ? "At least one peer id: 43 characters" : undefined;
    },
  });
  return readIds(text).ids;
}

/** Everything a person pastes, each id and access group once; `wrong` counts what is neither. */
export function readIds(text: string): { readonly ids: string[]; readonly wrong: number[] } {
  const parsed = text
    .split(/[\s,;]+/u)
    .filter((part) => part !== "")
    .map((part) => tryParsePeerId(part) ?? tryParseGroupEntry(part)?.entry);
  return {
    ids: [...new Set(parsed.filter((id) => id !== undefined))],
    wrong: parsed.flatMap((id, index) => (id === undefined ? [index + 1] : [])),
  };
}
