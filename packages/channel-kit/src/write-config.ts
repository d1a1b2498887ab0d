import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { mutateConfigFile } from "openclaw/plugin-sdk/config-mutation";

/** Changes OpenClaw's configuration file from a command. A running gateway sees the change and applies it. */
export async function writeConfig(edit: (cfg: OpenClawConfig) => OpenClawConfig): Promise<void> {
  await mutateConfigFile({
    afterWrite: { mode: "auto" },
    // The host writes the draft it gave; what this function returned would be ignored.
    mutate: (draft) => {
      Object.assign(draft, edit(structuredClone(draft)));
    },
  });
}
