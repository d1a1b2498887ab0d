// Why something was not done to a conversation, in an operator's words: what, why, and the next command.
import { toStartError } from "channel-kit/cold";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError, readCode, START_FAILURES } from "./errors.ts";

/** By the code of the protocol client, whose own messages are for whoever writes code. */
const TEXTS: Readonly<Record<string, string>> = {
  unknown_conversation:
    "the account is in no such conversation. Those that it is in: openclaw convos conversations",
  unknown_join: "no such join is pending. Those that are: openclaw convos conversations",
  not_allowed:
    "the agent may not do that there: invites and locks are for the one who made a conversation, and ending it for its " +
    "admins; one that it is not in any more is over. One that it made is not left while others are in it, but ended for all: " +
    "openclaw convos explode. See: openclaw convos conversations",
  network_unreachable:
    "the XMTP network does not answer, so nothing was changed. Try again; since when: openclaw convos status",
  xmtp_failed: "XMTP refused that. Try again; if it stays so: openclaw doctor",
  malformed:
    "what the conversation says about itself cannot be read; somebody with another app wrote it. " +
    "Leave it, and make a new one: openclaw convos create",
  invalid_input: "that is not a name or time that Convos takes; nothing was changed",
  too_many_installations:
    "the identity has as many installations as XMTP allows. See: openclaw doctor",
  invite_expired: "this invite has expired. Ask for a new one: nothing was changed",
  invite_forged:
    "this invite was not made by the one whom it names. Ask its sender for a new one; nothing was changed",
  own_invite:
    "this is an invite of the agent itself; people join by it, the agent is there already",
  key_in_use:
    "privateKey is at work in another place, or its database here is gone. Put the account's folder back from a backup; or " +
    "allow one of its ten installations more: openclaw convos join --invite-file FILE --add-installation",
  already_joined:
    "the agent is in that conversation, or has asked to join it: openclaw convos conversations",
  closed: "the account is stopping; nothing was changed. Try again: openclaw convos status",
};

/** An error of an operation, whose message may be shown. */
export function describeRefusal(error: unknown): ConvosChannelError {
  const text = TEXTS[readCode(error) ?? ""];
  if (text !== undefined) {
    return new ConvosChannelError("command_refused", `convos: ${text}`, { cause: error });
  }
  return toStartError(error, { channelId: CHANNEL_ID, own: START_FAILURES });
}
