// The wizard of `openclaw channels add`, `configure` and `onboard`: how the agent gets into its first conversation. Offline
// checks come first, then what is stored for the gateway, then what somebody may watch.
import { findIdentity } from "channel-kit";
import { isOwned } from "channel-kit/cold";
import {
  chooseAccount,
  findTerminal,
  isRemote,
  noteEffect,
  settleScope,
  type SetupContext,
  type SetupPrompter,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { convosChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { resolveConvosAccount, type ResolvedConvosAccount } from "./accounts.ts";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { readOffer, type InviteOffer } from "./invite-offer.ts";
import { findNativeProblem, NATIVE_PLATFORM } from "./native-module.ts";
import { goLive, tellLater } from "./setup-live.ts";
import { provision, type Provisioned } from "./setup-provision.ts";

const INTRO = [
  "Convos conversations are end-to-end encrypted, over the XMTP network.",
  "The encryption ends in your gateway: your model provider reads what members write to the agent.",
];

const NO_OWNER = [
  "The first person whom `openclaw pairing approve` lets in becomes owner of this OpenClaw,",
  "with all its commands. Before the first approval: openclaw convos owner",
].join("\n");

type Direction = "join" | "create" | "later";

/** Runs the wizard. The host writes the configuration that comes back. */
export async function runConvosSetup(
  context: SetupContext,
): Promise<{ cfg: OpenClawConfig; accountId: string }> {
  const { prompter } = context;
  const problem = findNativeProblem();
  await prompter.note(
    [...INTRO, problem?.message ?? `XMTP native module: ${NATIVE_PLATFORM} ok`].join("\n"),
    CONVOS.label,
  );
  // A box would break the command into lines.
  if (problem !== undefined) await prompter.plain?.(`To mend that: ${problem.fix}`);
  const accountId = await chooseAccount(convosChannel, context, isFirstTime);
  const enabled = await settleScope(
    convosChannel,
    patchAccount(context.cfg, accountId, { enabled: true }),
    context,
  );
  const direction = await askDirection(context);
  if (direction === "join") return await takeInvite(context, enabled, accountId);
  if (direction === "create") return await prepareCreation(context, enabled, accountId);
  await prompter.note("Later: openclaw channels add convos", "No conversation yet");
  return { cfg: enabled, accountId };
}

async function askDirection(context: SetupContext): Promise<Direction> {
  const { prompter } = context;
  return await prompter.select<Direction>({
    message: "How does the agent get into a conversation?",
    options: [
      {
        value: "join",
        label: "Join one by an invite",
        hint: "in the app: open it, tap +, share the code, Copy",
      },
      // A wizard in a browser has no terminal of its own, in which the code could be shown.
      ...(isHosted(prompter)
        ? []
        : [
            {
              value: "create" as const,
              label: "Make one, and show me the code to scan",
              hint: "with the phone at hand",
            },
          ]),
      { value: "later", label: "Later" },
    ],
    initialValue: "join",
  });
}

async function takeInvite(
  context: SetupContext,
  enabled: OpenClawConfig,
  accountId: string,
): Promise<{ cfg: OpenClawConfig; accountId: string }> {
  const { prompter } = context;
  const offer = await askOffer(prompter);
  if (offer === undefined) {
    await prompter.note("Later: openclaw channels add convos", "No invite");
    return { cfg: enabled, accountId };
  }
  const cfg = adoptNetwork(enabled, accountId, offer);
  const sinceMs = Date.now();
  await prepare(context, cfg, accountId, offer);
  if (isHosted(prompter)) {
    await tellLater(prompter);
    return await end(prompter, cfg, accountId);
  }
  const done = await goLive({ kind: "join", cfg, accountId, sinceMs, prompter });
  return await end(prompter, done, accountId);
}

async function prepareCreation(
  context: SetupContext,
  enabled: OpenClawConfig,
  accountId: string,
): Promise<{ cfg: OpenClawConfig; accountId: string }> {
  const { prompter } = context;
  const cfg = await chooseNetwork(prompter, enabled, accountId);
  await prepare(context, cfg, accountId, undefined);
  const sinceMs = Date.now();
  const done = await goLive({ kind: "create", cfg, accountId, sinceMs, prompter });
  return await end(prompter, done, accountId);
}

/** The agent is in a conversation, or soon will be: from then on people can write to it, and be approved. */
async function end(
  prompter: SetupPrompter,
  cfg: OpenClawConfig,
  accountId: string,
): Promise<{ cfg: OpenClawConfig; accountId: string }> {
  if (!isOwned(cfg)) await prompter.note(NO_OWNER, "No owner yet");
  return { cfg, accountId };
}

async function prepare(
  context: SetupContext,
  cfg: OpenClawConfig,
  accountId: string,
  offer: InviteOffer | undefined,
): Promise<void> {
  await noteEffect(context);
  const stateDir = resolveStateDir(process.env);
  const given = offer === undefined ? {} : { offer };
  const done = await provision({ cfg, accountId, stateDir, now: Date.now, ...given });
  await context.prompter.note(describePrepared(done, offer), "Identity");
}

function describePrepared(done: Provisioned | undefined, offer: InviteOffer | undefined): string {
  if (done === undefined) {
    return "The keys come from the configured secret, which the gateway reads.";
  }
  return [
    `Identity ${done.identity}. Each conversation gets a key of its own from it.`,
    ...(offer === undefined
      ? []
      : ["The invite is stored, sealed: the gateway asks to join until the app lets it in."]),
  ].join("\n");
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

/** Asked once: the conversations of an account are all on one network, and what was configured stays. */
async function chooseNetwork(
  prompter: SetupPrompter,
  cfg: OpenClawConfig,
  accountId: string,
): Promise<OpenClawConfig> {
  const { apiUrl, env, ownerConversationId } = resolveConvosAccount(cfg, accountId);
  if (ownerConversationId !== undefined || apiUrl !== undefined || env === "local") return cfg;
  const network = await prompter.select<"production" | "dev">({
    message: "XMTP network",
    options: [
      { value: "production", label: "Production", hint: "that of the app from the App Store" },
      { value: "dev", label: "Dev", hint: "for tests" },
    ],
    initialValue: env === "dev" ? "dev" : "production",
  });
  return patchAccount(cfg, accountId, { env: network });
}

function isHosted(prompter: SetupPrompter): boolean {
  return isRemote(prompter) || findTerminal(CHANNEL_ID) === undefined;
}

/** There is only the account `default`, and it has no identity. */
async function isFirstTime(account: ResolvedConvosAccount, count: number): Promise<boolean> {
  const home = { stateDir: resolveStateDir(process.env), channelId: CHANNEL_ID };
  return count === 1 && (await findIdentity(home, account)) === undefined;
}
