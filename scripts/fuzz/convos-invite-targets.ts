import { encodeBase64Url } from "../../packages/convos-node-sdk/src/codec/base64url.ts";
import { toHex } from "../../packages/convos-node-sdk/src/codec/bytes.ts";
import { ConvosError } from "../../packages/convos-node-sdk/src/errors.ts";
import { keyFromHex, publicKeyOf } from "../../packages/convos-node-sdk/src/identity/key.ts";
import {
  normalizeMnemonic,
  generateMnemonic,
} from "../../packages/convos-node-sdk/src/identity/mnemonic.ts";
import { decodeInvite, tryDecodeInvite } from "../../packages/convos-node-sdk/src/invite/invite.ts";
import { parseInviteText } from "../../packages/convos-node-sdk/src/invite/invite-text.ts";
import { isSignedBy } from "../../packages/convos-node-sdk/src/invite/signature.ts";
import {
  encodeSignedInvite,
  parseSignedInvite,
} from "../../packages/convos-node-sdk/src/invite/signed-invite.ts";
import { openConversationToken } from "../../packages/convos-node-sdk/src/invite/token.ts";
import { byteTargetsOf } from "./byte-target.ts";
import type { ConvosFixture } from "./convos-fixtures.ts";
import type { FuzzTarget, FuzzVerdict } from "./engine.ts";
import { textTargetsOf } from "./text-target.ts";

const byteTarget = byteTargetsOf(ConvosError);
const textTarget = textTargetsOf(ConvosError);

/** What people paste and what strangers send to a creator. */
export function convosInviteTargets(fixture: ConvosFixture): FuzzTarget[] {
  const { creator, invites, frames, slugs, links } = fixture;
  const genuine = new Set(invites.map((bytes) => toHex(parseSignedInvite(bytes).payloadBytes)));
  const publicKey = publicKeyOf(creator.privateKey);
  const judge = (slug: string): FuzzVerdict => {
    const invite = decodeInvite(slug);
    if (!isSignedBy(invite, publicKey)) return "rejected";
    return genuine.has(toHex(invite.payloadBytes)) ? "accepted" : "forged";
  };
  const tokens = invites.map((bytes) => parseSignedInvite(bytes).payload.token);
  const genuineTokens = new Set(tokens.map(toHex));
  return [
    byteTarget("signed invite", invites, (input) => judge(encodeBase64Url(input))),
    byteTarget("framed invite", frames, (input) => judge(encodeBase64Url(input))),
    byteTarget("conversation token", tokens, (input) => {
      openConversationToken(input, creator.privateKey, creator.inboxId);
      return genuineTokens.has(toHex(input)) ? "accepted" : "forged";
    }),
    textTarget("invite text", [...links, ...slugs], (text) => {
      const { slug } = parseInviteText(text);
      if (slug === "") throw new Error("an empty slug");
    }),
    textTarget("direct message", [...slugs, ...links, "YES", "1", "👍", "❤️"], (text) => {
      const invite = tryDecodeInvite(text);
      if (invite === undefined) return;
      // Whatever passes must have all that a creator needs to answer it.
      const { payload, payloadBytes, signature } = invite;
      parseSignedInvite(encodeSignedInvite(payloadBytes, signature));
      if (payload.tag === "" || payload.token.length === 0) throw new Error("not a candidate");
    }),
    textTarget("private key", [`0x${"5c".repeat(32)}`, "5C".repeat(32)], (text) => {
      keyFromHex(text);
    }),
    textTarget("mnemonic", [generateMnemonic(12, (length) => new Uint8Array(length))], (text) => {
      const words = normalizeMnemonic(text);
      if (normalizeMnemonic(words) !== words) throw new Error("normalizing twice changes words");
    }),
  ];
}
