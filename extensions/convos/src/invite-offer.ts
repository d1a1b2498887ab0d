// What somebody pasted, read without a network: the setup says at once whether it can lead anywhere.
import {
  assertNetwork,
  assertUsable,
  ConvosError,
  decodeInvite,
  parseInviteText,
  recoverInviteSigner,
  type ConvosNetwork,
} from "convos-node-sdk/invite";
import { cleanName } from "channel-kit/cold";
import { ConvosChannelError } from "./errors.ts";

const HOUR_MS = 3_600_000;

/** An invite that reads well. Whether its creator made it is asked of the network when it is used. */
export interface InviteOffer {
  /** As it was pasted, without white space around it. */
  readonly text: string;
  /** The network that the link names; undefined when it names none. */
  readonly network: ConvosNetwork | undefined;
  /** For the person who set it up: `Family (expires in 23 h, for one person)`. */
  readonly description: string;
}

/** @throws ConvosChannelError `command_refused`: what is wrong, and what to ask for. The text is never quoted. */
export function readOffer(text: string, nowMs: number): InviteOffer {
  try {
    const { network, slug } = parseInviteText(text);
    const invite = decodeInvite(slug);
    recoverInviteSigner(invite);
    assertUsable(invite, nowMs, () => false);
    const { expiresAfterUse, expiresAtUnix, name } = invite.payload;
    const notes = [
      ...(expiresAtUnix === undefined ? [] : [describeExpiry(expiresAtUnix * 1000 - nowMs)]),
      ...(expiresAfterUse ? ["for one person"] : []),
    ];
    const cleaned = cleanName(name ?? "");
    const title = cleaned === "" ? "a conversation" : `"${cleaned}"`;
    const description = notes.length === 0 ? title : `${title} (${notes.join(", ")})`;
    return { text: text.trim(), network, description };
  } catch (cause) {
    if (!(cause instanceof ConvosError)) throw cause;
    throw new ConvosChannelError("command_refused", `convos: ${cause.message}`, { cause });
  }
}

/** @throws ConvosChannelError `command_refused` for an invite of another network. */
export function assertSameNetwork({ network }: InviteOffer, env: ConvosNetwork): void {
  try {
    assertNetwork(network, env);
  } catch (cause) {
    throw new ConvosChannelError(
      "command_refused",
      `convos: this invite is of the ${network} network, but the account is on ${env}. ` +
        `Ask for an invite of ${env}, or set channels.convos.env to ${network}.`,
      { cause },
    );
  }
}

function describeExpiry(leftMs: number): string {
  const hours = Math.floor(leftMs / HOUR_MS);
  return hours < 1 ? "expires within the hour" : `expires in ${hours} h`;
}
