import { ConvosError } from "../errors.ts";
import { MAX_INVITE_CHARACTERS } from "../limits.ts";

/** The XMTP networks. A conversation lives on one of them and cannot be reached from another. */
export type ConvosNetwork = "production" | "dev" | "local";

/** What a person pasted or scanned. */
export interface InviteText {
  /** Not decoded yet. */
  readonly slug: string;
  /** The network that the link's host names; undefined for a bare slug and for hosts that name none. */
  readonly network: ConvosNetwork | undefined;
}

/** Hosts of links, by network: the host decides it (section 1.2). */
const NETWORK_OF_HOST: Readonly<Record<string, ConvosNetwork | undefined>> = {
  "popup.convos.org": "production",
  "app.convos.org": "production",
  "dev.convos.org": "dev",
  "app-dev.convos.org": "dev",
  "local.convos.org": "local",
};
/** Schemes of the app's builds. Builds of pull requests name no network of their own. */
const NETWORK_OF_SCHEME: Readonly<Record<string, ConvosNetwork | undefined>> = {
  "convos:": "production",
  "convos-dev:": "dev",
  "convos-local:": "local",
};
const LINK_HOST: Readonly<Record<ConvosNetwork, string>> = {
  production: "popup.convos.org",
  dev: "dev.convos.org",
  local: "local.convos.org",
};

const APP_SCHEME = /^convos(?:-[a-z0-9]+)*:$/u;
const CONVOS_HOST = /^(?:[a-z0-9-]+\.)*convos\.org$/u;
const BARE_LINK = /^(?:[a-z0-9-]+\.)*convos\.org\//iu;
const ASK_FOR_INVITE =
  "Ask for an invite to a conversation: in Convos, open the conversation and choose Invite.";

interface LinkParts {
  readonly host: string;
  /** Path segments; in links of the app's own scheme the host is the first one. */
  readonly words: readonly string[];
}

/** Links of the same apps that are no invites: how to tell them, and what they are. */
interface OtherLink {
  readonly is: (link: LinkParts) => boolean;
  readonly what: string;
}

const OTHER_LINKS: readonly OtherLink[] = [
  { is: ({ words }) => words[0] === "template", what: "an agent template" },
  { is: ({ host }) => /^agents[a-z0-9-]*\.convos\.org$/u.test(host), what: "an agent template" },
  {
    is: ({ host, words }) => words[0] === "a" && CONVOS_HOST.test(host),
    what: "an agent template",
  },
  {
    is: ({ words }) => words[0] === "connections" && words[1] === "grant",
    what: "a grant of a device connection",
  },
  {
    is: ({ words }) => /^pair(?:ing)?(?:-device)?$/u.test(words[0] ?? ""),
    what: "a link that pairs two devices of one person",
  },
];

/**
 * Finds the slug in what a person pasted: any link that the app, the CLI or older SDKs make, or a bare slug (section 1.2).
 *
 * @throws ConvosError `wrong_link` for links that mean something else, with what they are and what to ask for instead;
 *   `invalid_invite` for everything that is no invite.
 */
export function parseInviteText(text: string): InviteText {
  const trimmed = text.trim();
  if (trimmed.length > MAX_INVITE_CHARACTERS) {
    throw notAnInvite(`${trimmed.length} characters are too many`);
  }
  if (trimmed === "") throw notAnInvite("the text is empty");
  const url = BARE_LINK.test(trimmed) ? URL.parse(`https://${trimmed}`) : URL.parse(trimmed);
  if (url === null) return { slug: trimmed, network: undefined };
  if (url.protocol === "https:" || url.protocol === "http:") return parseWebLink(url);
  if (APP_SCHEME.test(url.protocol)) return parseAppLink(url);
  throw notAnInvite("the link is not one of Convos");
}

/** The link that carries a slug, on the host of a network. */
export function formatInviteUrl(slug: string, network: ConvosNetwork): string {
  return `https://${LINK_HOST[network]}/v2?i=${encodeURIComponent(slug)}`;
}

/**
 * Refuses a link of another network. The CLI writes links of the local network with the host of dev.
 *
 * @throws ConvosError `foreign_network` with both names.
 */
export function assertNetwork(linkNetwork: ConvosNetwork | undefined, own: ConvosNetwork): void {
  if (linkNetwork === undefined || linkNetwork === own) return;
  if (linkNetwork === "dev" && own === "local") return;
  throw new ConvosError(
    "foreign_network",
    `This invite is for the ${linkNetwork} network, and this account is on ${own}. Ask for an invite made on ${own}.`,
  );
}

function parseWebLink(url: URL): InviteText {
  const words = pathWords(url);
  refuseOtherLinks({ host: url.hostname, words });
  const network = NETWORK_OF_HOST[url.hostname];
  const slug =
    (words.includes("v2") ? url.searchParams.get("i") : null) ??
    slugAfterI(words) ??
    url.searchParams.get("code") ??
    url.searchParams.get("i");
  if (!slug) throw notAnInvite("the link carries no invite");
  return { slug: slug.trim(), network };
}

function parseAppLink(url: URL): InviteText {
  const words = [url.hostname, ...pathWords(url)];
  refuseOtherLinks({ host: url.hostname, words });
  const [kind, ...path] = words;
  const slug =
    kind === "join" ? path[0] : kind === "invite" ? path.at(-1) : url.searchParams.get("i");
  if (!slug) throw notAnInvite("the link carries no invite");
  return { slug, network: NETWORK_OF_SCHEME[url.protocol] };
}

/** `/i/<slug>`, wherever in the path. */
function slugAfterI(words: readonly string[]): string | undefined {
  return words.at(-2) === "i" ? words.at(-1) : undefined;
}

function pathWords(url: URL): string[] {
  const segments = url.pathname.split("/").filter((segment) => segment !== "");
  try {
    return segments.map(decodeURIComponent);
  } catch (cause) {
    throw new ConvosError("invalid_invite", "This is not an invite: the link is damaged.", {
      cause,
    });
  }
}

function refuseOtherLinks(link: LinkParts): void {
  const other = OTHER_LINKS.find(({ is }) => is(link));
  if (other === undefined) return;
  throw new ConvosError(
    "wrong_link",
    `This link is ${other.what}, not an invite. ${ASK_FOR_INVITE}`,
  );
}

function notAnInvite(why: string): ConvosError {
  return new ConvosError("invalid_invite", `This is not an invite: ${why}. ${ASK_FOR_INVITE}`);
}
