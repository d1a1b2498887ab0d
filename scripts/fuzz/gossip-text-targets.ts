import { GossipError } from "../../packages/gossip-sdk/src/errors.ts";
import { formatInviteLink, parseInvite } from "../../packages/gossip-sdk/src/invite/invite.ts";
import { normalizeMnemonic } from "../../packages/gossip-sdk/src/identity/mnemonic.ts";
import { parseUserId } from "../../packages/gossip-sdk/src/identity/user-id.ts";
import { parseRelayUrl } from "../../packages/gossip-sdk/src/transport/relay-url.ts";
import type { FuzzTarget } from "./engine.ts";
import type { GossipFixture } from "./gossip-fixtures.ts";
import { textTargetsOf } from "./text-target.ts";

const WORDS = [
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
  "legal winner thank year wave sausage worth useful legal winner thank yellow",
  "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote",
];

const RELAY_URLS = ["https://relay.example/api", "http://127.0.0.1:8080/api", "http://[::1]/api"];

const textTarget = textTargetsOf(GossipError);

/** What people type, paste and scan. */
export function gossipTextTargets({ me }: GossipFixture): FuzzTarget[] {
  const { userId } = me;
  return [
    textTarget("user id", [userId, userId.toUpperCase()], (text) => {
      if (parseUserId(text) !== text.toLowerCase()) throw new Error("not the canonical form");
    }),
    textTarget(
      "invite",
      [
        formatInviteLink(userId, "Ada"),
        `https://example.org/invite/${userId}?name=Ada%20L`,
        `/invite/${userId}`,
        userId,
      ],
      (text) => {
        const invite = parseInvite(text);
        const again = parseInvite(formatInviteLink(invite.userId, invite.name));
        if (again.userId !== invite.userId || again.name !== invite.name) {
          throw new Error("formatting and parsing an invite changes it");
        }
      },
    ),
    textTarget("relay URL", RELAY_URLS, (text) => {
      const url = parseRelayUrl(text);
      if (parseRelayUrl(url) !== url) throw new Error("normalizing twice changes the URL");
    }),
    textTarget("mnemonic", WORDS, (text) => {
      const words = normalizeMnemonic(text);
      if (normalizeMnemonic(words) !== words) throw new Error("normalizing twice changes words");
    }),
  ];
}
