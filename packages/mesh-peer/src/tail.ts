import { once } from "node:events";
import type { Writable } from "node:stream";
import { acknowledge, type ApiEvent, followEvents, joinChannel } from "./api-client.ts";
import { loadApiAccess } from "./api-files.ts";
import { formatEvent, formatEventJson } from "./show-event.ts";

export interface TailArguments {
  /** A channel, `@` for direct messages, or undefined for all. */
  readonly target: string | undefined;
  readonly asJson: boolean;
  /** Whether what was printed is done with. Else it is offered again to whoever listens next. */
  readonly acknowledges: boolean;
}

/**
 * Prints messages until the signal aborts: those that nobody has acknowledged, then what comes.
 *
 * @throws MeshCommandError `not_running` | `unusable_file` | `refused`.
 */
export async function tail(
  folder: string,
  { target, asJson, acknowledges }: TailArguments,
  output: Writable,
  signal: AbortSignal,
): Promise<void> {
  const access = loadApiAccess(folder);
  if (target !== undefined && target !== "@") await joinChannel(access, target);
  for await (const event of followEvents(() => loadApiAccess(folder), signal)) {
    if (!isWanted(event, target)) continue;
    const line = asJson ? formatEventJson(event) : formatEvent(event);
    // Acknowledged only when the reader has it: a pipe that is full keeps both waiting.
    if (!output.write(`${line}\n`)) await once(output, "drain", { signal });
    if (acknowledges) await acknowledge(access, event.id);
  }
}

function isWanted(event: ApiEvent, target: string | undefined): boolean {
  if (target === undefined) return true;
  return target === "@" ? event.kind === "direct" : event.channel === target;
}
