// The wizard of `openclaw channels add`, `configure` and `onboard`: an invite, pasted and not shown, and a yes.
import type { SetupContext, SetupPrompter } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { promptAccountId } from "openclaw/plugin-sdk/setup";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { patchAccount } from "./account-patch.ts";
import { listConvosAccountIds, resolveConvosAccount } from "./accounts.ts";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { readOffer, type InviteOffer } from "./invite-offer.ts";
import { provision } from "./setup-provision.ts";

const INTRO = [
  "Convos conversations are end-to-end encrypted, over the XMTP network.",
  "The encryption ends in your gateway: your model provider reads what members write to the agent.",
  "In the Convos app: open a conversation, tap +, share the QR code, and tap Copy.",
].join("\n");

/** Runs the wizard. The host writes the configuration that comes back. */
export async function runConvosSetup(
  context: SetupContext,
): Promise<{ cfg: OpenClawConfig; accountId: string }> {
  const { options, prompter } = context;
  await prompter.note(INTRO, CONVOS.label);
  const accountId = await chooseAccount(context);
  const enabled = patchAccount(context.cfg, accountId, { enabled: true });
  const offer = await askOffer(prompter);
  if (offer === undefined) {
    await prompter.note("Later: openclaw channels add --channel convos", "No invite");
    return { cfg: enabled, accountId };
  }
  const cfg = adoptNetwork(enabled, accountId, offer);
  prompter.disableBackNavigation?.();
  await options?.beforePersistentEffect?.();
  const done = await provision({
    cfg,
    accountId,
    stateDir: resolveStateDir(process.env),
    offer,
    now: Date.now,
  });
  await prompter.note(
    [
      `Identity ${done.identity}. Each conversation gets a key of its own from it.`,
      "The gateway asks to join, and goes on asking after a restart until the app lets it in.",
      "",
      "Start it:            openclaw gateway restart",
      "See how it goes:     openclaw convos status",
      "Then make it yours:  openclaw convos owner",
    ].join("\n"),
    "Next",
  );
  return { cfg, accountId };
}

/** @returns undefined when the person has none, or does not want this one. */
async function askOffer(prompter: SetupPrompter): Promise<InviteOffer | undefined> {
  const text = await prompter.text({
    message: "Paste the invite link (empty: later)",
    sensitive: true,
    validate: (value) => (value.trim() === "" ? undefined : findProblem(value)),
  });
  if (text.trim() === "") return undefined;
  const offer = readOffer(text, Date.now());
  const isWanted = await prompter.confirm({
    message: `Invite to ${offer.description}. Join it?`,
    initialValue: true,
  });
  return isWanted ? offer : undefined;
}

function findProblem(text: string): string | undefined {
  try {
    readOffer(text, Date.now());
    return undefined;
  } catch (error) {
    if (error instanceof ConvosChannelError) return error.message;
    throw error;
  }
}

/** The first invite decides the network; a later one of another network is refused when it is stored. */
function adoptNetwork(
  cfg: OpenClawConfig,
  accountId: string,
  { network }: InviteOffer,
): OpenClawConfig {
  const { env, ownerConversationId } = resolveConvosAccount(cfg, accountId);
  const isSettled = ownerConversationId !== undefined || env === "local";
  if (network === undefined || network === env || isSettled) return cfg;
  return patchAccount(cfg, accountId, { env: network });
}

/** At the first time there is only the account `default`, and nothing to choose. */
async function chooseAccount(context: SetupContext): Promise<string> {
  const { accountOverrides, cfg, prompter, shouldPromptAccountIds } = context;
  const given = accountOverrides[CHANNEL_ID];
  if (given !== undefined) return resolveConvosAccount(cfg, given).accountId;
  const ids = listConvosAccountIds(cfg);
  const [first = "default"] = ids;
  if (!shouldPromptAccountIds || !resolveConvosAccount(cfg, first).configured) return first;
  return await promptAccountId({
    cfg,
    prompter,
    label: CONVOS.label,
    currentId: first,
    listAccountIds: () => ids,
    defaultAccountId: first,
  });
}
