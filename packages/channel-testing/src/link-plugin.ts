import { runOpenclaw } from "./openclaw-command.ts";
import type { CommandOptions } from "./openclaw-command.ts";
import type { Host } from "./host.ts";

/**
 * `openclaw plugins install --link FOLDER`, as a developer types it, with the two answers that a terminal would be
 * asked for given as flags. Takes 5 to 16 seconds.
 *
 * @param folder - Absolute path of a built plugin.
 */
export async function linkPlugin(
  host: Host,
  folder: string,
  options: Pick<CommandOptions, "signal"> = {},
): Promise<void> {
  await runOpenclaw(
    host,
    ["plugins", "install", "--link", folder, "--force", "--accept-capabilities"],
    options,
  );
}
