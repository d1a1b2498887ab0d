// Second step of the wizard: which network the bot is in, and which channels it listens to.
import type { SetupIo } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { patchAccount } from "./account-patch.ts";
import { resolveMeshAccount } from "./accounts.ts";
import { meshConfigSchema } from "./config-schema.ts";

/**
 * Asks for a list of peers or addresses. A new bot listens to the default channels; of another one these are asked for too.
 * What was configured is proposed again.
 */
export async function settleNetwork(
  cfg: OpenClawConfig,
  accountId: string,
  { prompter }: Pick<SetupIo, "prompter">,
  { isNew }: { readonly isNew: boolean },
): Promise<OpenClawConfig> {
  const account = resolveMeshAccount(cfg, accountId);
  const text = await prompter.text({
    message: "Where are other peers? Addresses (wss://...), or the address of a list (https://...)",
    initialValue: [account.bootstrapUrl ?? "", ...account.peers].join(" ").trim(),
    placeholder: "empty: later",
    validate: (value) => findProblem(readPlaces(value)),
  });
  const places = readPlaces(text);
  if (isNew) return patchAccount(cfg, accountId, { ...places });
  const channels = await prompter.text({
    message: "Which channels does the bot listen to?",
    initialValue: account.channels.join(" "),
    validate: (value) => findProblem({ channels: readWords(value) }),
  });
  return patchAccount(cfg, accountId, { ...places, channels: readWords(channels) });
}

interface Places {
  readonly bootstrapUrl?: string;
  readonly peers?: string[];
}

function readPlaces(text: string): Places {
  const words = readWords(text);
  const bootstrapUrl = words.find((word) => /^https?:/iu.test(word));
  const peers = words.filter((word) => word !== bootstrapUrl);
  return {
    ...(bootstrapUrl === undefined ? {} : { bootstrapUrl }),
    ...(peers.length === 0 ? {} : { peers }),
  };
}

function readWords(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/u).filter((word) => word !== ""))];
}

function findProblem(section: Places & { readonly channels?: string[] }): string | undefined {
  const parsed = meshConfigSchema().safeParse(section);
  return parsed.error?.issues[0]?.message;
}
