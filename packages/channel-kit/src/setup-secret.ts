import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { AccountChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { secretName } from "./secret-name.ts";
import type { SetupIo } from "./setup-io.ts";

type Source = "env" | "file" | "store" | "exec";

const DEFAULT_PROVIDER = "default";
const ENV_NAME = /^[A-Z][A-Z0-9_]{0,127}$/;

/** Asks where the recovery phrase is kept and writes the reference. The phrase itself is not asked for. */
export async function askSecretReference(
  channel: Pick<AccountChannel, "id" | "phraseVariable">,
  cfg: OpenClawConfig,
  accountId: string,
  { prompter }: SetupIo,
): Promise<OpenClawConfig> {
  const source = await prompter.select<Source>({
    message: "Where is the recovery phrase?",
    options: [
      { value: "env", label: "Environment variable of the gateway" },
      { value: "store", label: "OpenClaw's secret store", hint: "openclaw secrets store" },
      { value: "file", label: "File provider" },
      { value: "exec", label: "Command provider" },
    ],
    initialValue: "env",
  });
  const provider = source === "env" || source === "store" ? DEFAULT_PROVIDER : await askProvider();
  const id = await prompter.text({
    message: source === "env" ? "Name of the variable" : "Name of the secret",
    initialValue: source === "env" ? secretName(channel.phraseVariable, accountId) : "",
    validate: (value) => judgeId(source, value.trim(), channel.id),
  });
  return patchAccount(channel.id, cfg, accountId, {
    mnemonic: { source, provider, id: id.trim() },
  });

  async function askProvider(): Promise<string> {
    const known = Object.keys(cfg.secrets?.providers ?? {});
    const name = await prompter.text({
      message: "Provider in secrets.providers",
      initialValue: known[0] ?? DEFAULT_PROVIDER,
      validate: (value) => (value.trim() === "" ? "A provider has a name" : undefined),
    });
    return name.trim();
  }
}

function judgeId(source: Source, id: string, channelId: string): string | undefined {
  if (id === "" || /\s/.test(id)) return "A name without spaces; not the phrase itself";
  if (source === "env" && !ENV_NAME.test(id)) return "Capital letters, digits and _";
  if (source === "file" && !id.startsWith("/"))
    return `A path in the file, like /${channelId}/mnemonic`;
  return undefined;
}
