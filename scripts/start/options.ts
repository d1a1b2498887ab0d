import { parseArgs } from "node:util";

export interface StartOptions {
  /** No chat at the end, also in a terminal. */
  readonly script: boolean;
  /** Folder for everything this run writes. */
  readonly folder: string;
  /** A real model instead of the scripted one. */
  readonly provider: Provider | undefined;
}

/** An OpenAI-compatible model provider. */
export interface Provider {
  readonly baseUrl: string;
  readonly modelId: string;
  readonly apiKey: string;
}

export class UsageError extends Error {
  override readonly name = "UsageError";
}

const OPENAI_BASE_URL = "https://api.openai.com/v1";
const OPENAI_MODEL = "gpt-5-mini";

export const HELP = `npm start [-- --script] [-- --folder DIR]

Starts a Gossip relay, a scripted model and a real OpenClaw gateway with the plugin linked, all on 127.0.0.1, then
plays a second person: writes to the bot, gets a pairing code, is approved, writes again and is answered.
In a terminal it then stays open as a chat with the bot; Ctrl-C ends it.

  --script      do not stay open; the last line is "start: N steps ok", the exit code 0 only if every step happened
  --folder DIR  keep relay, gateway and logs there (default: .start in this repository, emptied at every run)
  --help        this text

A real model answers when the environment names one:
  OPENAI_API_KEY            key for ${OPENAI_BASE_URL}
  OPENCLAW_START_MODEL      model id (default with OPENAI_API_KEY: ${OPENAI_MODEL})
  OPENCLAW_START_BASE_URL   another OpenAI-compatible endpoint, for example http://127.0.0.1:11434/v1
  OPENCLAW_START_API_KEY    its key, if it wants one
Only that provider's host is then reached beyond this machine.
`;

/**
 * Reads arguments and environment.
 *
 * @returns `undefined` when the help text was asked for.
 * @throws {@link UsageError} for arguments it does not know and for provider settings that lack a part.
 */
export function parseStartOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  defaultFolder: string,
): StartOptions | undefined {
  const values = parseFlags(args);
  if (values.help === true) return undefined;
  return {
    script: values.script === true,
    folder: values.folder ?? defaultFolder,
    provider: parseProvider(env),
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      // pnpm hands the "--" of `npm start -- --script` on.
      args: args.filter((arg) => arg !== "--"),
      options: {
        script: { type: "boolean" },
        folder: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseProvider(env: Readonly<Record<string, string | undefined>>): Provider | undefined {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined;
  const modelId = read("OPENCLAW_START_MODEL");
  const baseUrl = read("OPENCLAW_START_BASE_URL");
  const ownKey = read("OPENCLAW_START_API_KEY");
  const openaiKey = read("OPENAI_API_KEY");

  if (baseUrl !== undefined) {
    if (modelId === undefined)
      throw new UsageError("OPENCLAW_START_BASE_URL is set: set OPENCLAW_START_MODEL as well");
    if (!URL.canParse(baseUrl)) throw new UsageError("OPENCLAW_START_BASE_URL is not a URL");
    // A key for OpenAI is not shown to another provider.
    return { baseUrl, modelId, apiKey: ownKey ?? "no-key" };
  }
  const apiKey = ownKey ?? openaiKey;
  if (apiKey !== undefined)
    return { baseUrl: OPENAI_BASE_URL, modelId: modelId ?? OPENAI_MODEL, apiKey };
  if (modelId !== undefined)
    throw new UsageError(
      "OPENCLAW_START_MODEL is set: set OPENAI_API_KEY or OPENCLAW_START_BASE_URL as well",
    );
  return undefined;
}
