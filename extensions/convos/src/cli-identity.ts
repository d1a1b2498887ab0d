// `openclaw convos identity delete`.
import * as kit from "channel-kit/terminal";
import type { ConvosContext } from "./cli-conversations.ts";

/** Deletes keys and conversations of an account, see {@link kit.deleteIdentity}. */
export async function deleteIdentity(context: ConvosContext): Promise<kit.CliAnswer> {
  const { json } = await kit.deleteIdentity(context);
  return {
    json,
    lines: [
      "The identity is deleted. In conversations that were not left before, the agent stays as a member that never answers;",
      "their members can remove it. A new identity: openclaw channels add convos",
    ],
  };
}
