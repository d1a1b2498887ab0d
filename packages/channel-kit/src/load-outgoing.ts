// A file that the agent sends, small enough to go inside the message: that needs no account with a storage service.
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import { getAgentScopedMediaLocalRoots } from "openclaw/plugin-sdk/media-local-roots";
import { extensionForMime } from "openclaw/plugin-sdk/media-mime";
import { loadWebMedia } from "openclaw/plugin-sdk/web-media";

const MAX_NAME_CHARACTERS = 100;

/** What a channel takes of files. */
export interface OutgoingRules {
  readonly channelId: string;
  readonly maxBytes: number;
  /** The same for people, e.g. `950 kB`. */
  readonly maxText: string;
  /** The conversation in a target; undefined for what is none. */
  readonly tryParseTarget: (
    to: string,
  ) => { readonly kind: "direct" | "group"; readonly id: string } | undefined;
}

/** A file as it goes out: its bytes in base64. */
export interface OutgoingFile {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: string;
}

/** What the host says about a file: where it lies, and what of this machine may be read for it. */
export interface OutgoingMedia {
  readonly cfg: OpenClawConfig;
  readonly accountId?: string | null | undefined;
  /** The conversation that it goes to. */
  readonly to: string;
  readonly mediaUrl: string;
  readonly mediaAccess?: {
    readonly localRoots?: readonly string[];
    readonly readFile?: (path: string) => Promise<Buffer>;
    readonly workspaceDir?: string;
  };
  readonly mediaLocalRoots?: readonly string[];
  readonly mediaReadFile?: (path: string) => Promise<Buffer>;
}

/**
 * Loads a file by OpenClaw's rules of what may be read and fetched. Pictures are made smaller until they fit.
 *
 * @throws PlatformMessageNotDispatchedError for a file that cannot be had, or is too large; trying again cannot help.
 */
export async function loadOutgoing(
  rules: OutgoingRules,
  media: OutgoingMedia,
): Promise<OutgoingFile> {
  const { channelId, maxBytes, maxText } = rules;
  const localRoots = [
    ...(media.mediaAccess?.localRoots ?? media.mediaLocalRoots ?? []),
    ...listAgentRoots(rules, media),
  ];
  const readFile = media.mediaAccess?.readFile ?? media.mediaReadFile;
  const workspaceDir = media.mediaAccess?.workspaceDir;
  let loaded: Awaited<ReturnType<typeof loadWebMedia>>;
  try {
    loaded = await loadWebMedia(media.mediaUrl, {
      maxBytes,
      localRoots,
      ...(readFile === undefined ? {} : { readFile, hostReadCapability: true }),
      ...(workspaceDir === undefined ? {} : { workspaceDir }),
    });
  } catch (cause) {
    throw refused(channelId, `the file cannot be read, or is larger than ${maxText}`, cause);
  }
  const { buffer, contentType = "application/octet-stream", fileName } = loaded;
  if (buffer.length > maxBytes) {
    throw refused(
      channelId,
      `the file has ${buffer.length} bytes, and at most ${maxBytes} go in a message`,
    );
  }
  return {
    name: nameFile(fileName, contentType),
    mimeType: contentType,
    bytes: buffer.toString("base64"),
  };
}

/** Folders that the agent who works in this conversation may send files from, by the host's rules. */
function listAgentRoots(
  { channelId, tryParseTarget }: OutgoingRules,
  { accountId, cfg, to }: OutgoingMedia,
): readonly string[] {
  const peer = tryParseTarget(to);
  if (peer === undefined) return [];
  const { route } = resolveChannelInboundRouteEnvelope({
    cfg,
    channel: channelId,
    accountId: accountId ?? DEFAULT_ACCOUNT_ID,
    peer: { kind: peer.kind, id: peer.id },
  });
  return getAgentScopedMediaLocalRoots(cfg, route.agentId);
}

/** Without folders, and short: others save it under this name. */
function nameFile(fileName: string | undefined, contentType: string): string {
  const name = fileName?.split(/[/\\]/u).at(-1)?.replaceAll(/\p{C}/gu, "") ?? "";
  if (name === "" || name.startsWith(".")) return `file${extensionForMime(contentType) ?? ""}`;
  return name.slice(-MAX_NAME_CHARACTERS);
}

function refused(
  channelId: string,
  why: string,
  cause?: unknown,
): PlatformMessageNotDispatchedError {
  return new PlatformMessageNotDispatchedError(
    `${channelId}: not sent, ${why}. Send a smaller file, or a link to it.`,
    { cause, retryable: false },
  );
}
