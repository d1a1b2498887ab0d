// A file that the agent sends, small enough to go inside the message: that needs no account with a storage service.
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import { getAgentScopedMediaLocalRoots } from "openclaw/plugin-sdk/media-local-roots";
import { extensionForMime } from "openclaw/plugin-sdk/media-mime";
import { loadWebMedia } from "openclaw/plugin-sdk/web-media";
import { CHANNEL_ID } from "./config-schema.ts";
import type { ConvosFileBody } from "./message-body.ts";
import { tryParseTarget } from "./targets.ts";

/** XMTP takes messages of 1 MB; this leaves room for what is around the file. */
const MAX_FILE_BYTES = 950_000;
const MAX_NAME_CHARACTERS = 100;

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
export async function loadOutgoing(media: OutgoingMedia): Promise<ConvosFileBody["file"]> {
  const localRoots = [
    ...(media.mediaAccess?.localRoots ?? media.mediaLocalRoots ?? []),
    ...listAgentRoots(media),
  ];
  const readFile = media.mediaAccess?.readFile ?? media.mediaReadFile;
  const workspaceDir = media.mediaAccess?.workspaceDir;
  let loaded: Awaited<ReturnType<typeof loadWebMedia>>;
  try {
    loaded = await loadWebMedia(media.mediaUrl, {
      maxBytes: MAX_FILE_BYTES,
      localRoots,
      ...(readFile === undefined ? {} : { readFile, hostReadCapability: true }),
      ...(workspaceDir === undefined ? {} : { workspaceDir }),
    });
  } catch (cause) {
    throw refused("the file cannot be read, or is larger than 950 kB", cause);
  }
  const { buffer, contentType = "application/octet-stream", fileName } = loaded;
  if (buffer.length > MAX_FILE_BYTES) {
    throw refused(
      `the file has ${buffer.length} bytes, and at most ${MAX_FILE_BYTES} go in a message`,
    );
  }
  return {
    name: nameFile(fileName, contentType),
    mimeType: contentType,
    bytes: buffer.toString("base64"),
  };
}

/** Folders that the agent who works in this conversation may send files from, by the host's rules. */
function listAgentRoots({ accountId, cfg, to }: OutgoingMedia): readonly string[] {
  const peer = tryParseTarget(to);
  if (peer === undefined) return [];
  const { route } = resolveChannelInboundRouteEnvelope({
    cfg,
    channel: CHANNEL_ID,
    accountId: accountId ?? DEFAULT_ACCOUNT_ID,
    peer,
  });
  return getAgentScopedMediaLocalRoots(cfg, route.agentId);
}

/** Without folders, and short: others save it under this name. */
function nameFile(fileName: string | undefined, contentType: string): string {
  const name = fileName?.split(/[/\\]/u).at(-1)?.replaceAll(/\p{C}/gu, "") ?? "";
  if (name === "" || name.startsWith(".")) return `file${extensionForMime(contentType) ?? ""}`;
  return name.slice(-MAX_NAME_CHARACTERS);
}

function refused(why: string, cause?: unknown): PlatformMessageNotDispatchedError {
  return new PlatformMessageNotDispatchedError(
    `convos: not sent, ${why}. Send a smaller file, or a link to it.`,
    { cause, retryable: false },
  );
}
