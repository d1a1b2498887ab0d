import { encodeBase64Url } from "../../packages/convos-node-sdk/src/codec/base64url.ts";
import { utf8Bytes } from "../../packages/convos-node-sdk/src/codec/bytes.ts";
import { publicKeyOf } from "../../packages/convos-node-sdk/src/identity/key.ts";
import { tryDecodeInvite } from "../../packages/convos-node-sdk/src/invite/invite.ts";
import { isSignedBy } from "../../packages/convos-node-sdk/src/invite/signature.ts";
import { parseSignedInvite } from "../../packages/convos-node-sdk/src/invite/signed-invite.ts";
import { openConversationToken } from "../../packages/convos-node-sdk/src/invite/token.ts";
import { createConvosFixture } from "./convos-fixtures.ts";
import type { ConvosFixture } from "./convos-fixtures.ts";
import { flips } from "./flips.ts";
import type { Invariant } from "./invariant.ts";

/** What must hold for every bit of each signed invite, of its text, and of its token. */
export function convosInvariants(): Invariant[] {
  const fixture = createConvosFixture();
  return fixture.invites.flatMap((invite, index) => inviteFlips(fixture, invite, index + 1));
}

function inviteFlips(
  { creator, slugs }: ConvosFixture,
  bytes: Uint8Array,
  number: number,
): Invariant[] {
  const publicKey = publicKeyOf(creator.privateKey);
  const isTaken = (slug: string): boolean => {
    const invite = tryDecodeInvite(slug);
    return invite !== undefined && isSignedBy(invite, publicKey);
  };
  const slug = utf8Bytes(slugs[number - 1] ?? "");
  const { token } = parseSignedInvite(bytes).payload;
  return [
    flips(`signed invite ${number}, every bit flipped`, bytes, (flipped) =>
      isTaken(encodeBase64Url(flipped)),
    ),
    flips(`slug ${number}, every bit flipped`, slug, (flipped) =>
      isTaken(Buffer.from(flipped).toString("latin1")),
    ),
    flips(`token ${number}, every bit flipped`, token, (flipped) => {
      try {
        return openConversationToken(flipped, creator.privateKey, creator.inboxId) !== "";
      } catch {
        return false;
      }
    }),
  ];
}
