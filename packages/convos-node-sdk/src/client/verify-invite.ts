import { ConvosError } from "../errors.ts";
import { assertUsable, decodeInvite } from "../invite/invite.ts";
import { assertNetwork, parseInviteText } from "../invite/invite-text.ts";
import { recoverInviteSigner } from "../invite/signature.ts";
import type { SignedInvite } from "../invite/signed-invite.ts";
import { isOver } from "../store/conversation-record.ts";
import type { ClientContext } from "./client-context.ts";

/**
 * The invite in what somebody pasted, once nothing speaks against following it: it is whole, for this network, in time,
 * not ours, leads nowhere where we are, and was made by the inbox that it names. Only the network knows the last.
 *
 * @throws ConvosError `invalid_invite` | `wrong_link` | `foreign_network` | `invite_expired` | `own_invite` |
 *   `already_joined` | `invite_forged` | `network_unreachable`.
 */
export async function verifyInvite(
  { book, env, clock, network }: Pick<ClientContext, "book" | "env" | "clock" | "network">,
  inviteText: string,
): Promise<{ readonly slug: string; readonly invite: SignedInvite }> {
  const { slug, network: linkNetwork } = parseInviteText(inviteText);
  assertNetwork(linkNetwork, env);
  const invite = decodeInvite(slug);
  const records = book.all().map(({ record }) => record);
  const own = new Set(records.map(({ inboxId }) => inboxId));
  assertUsable(invite, clock.now(), (inboxId) => own.has(inboxId));
  const { creatorInboxId, tag } = invite.payload;
  const known = records.some(
    (record) =>
      !isOver(record) && record.request?.creatorInboxId === creatorInboxId && record.tag === tag,
  );
  if (known) {
    throw new ConvosError(
      "already_joined",
      "This invite leads to a conversation that we are in already, or have asked to join.",
    );
  }
  const { address } = recoverInviteSigner(invite);
  if (!(await network.fetchAddresses(creatorInboxId)).includes(address)) {
    throw new ConvosError(
      "invite_forged",
      "This invite was not made by the one it names. Ask for a new one, and do not use this one.",
    );
  }
  return { slug, invite };
}
