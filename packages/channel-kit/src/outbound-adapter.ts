import type { ChannelOutboundAdapter } from "openclaw/plugin-sdk/channel-send-result";
import { toPlainText } from "./plain-text.ts";

export interface OutboundAdapterOptions {
  /** Cuts a text into pieces that an app shows well and the network takes. */
  readonly splitText: (text: string, limit: number) => string[];
  /** The wanted length of a piece, in UTF-16 units. */
  readonly textChunkLimit: number;
  /** The canonical target. @throws Error when the text names none. */
  readonly parseTarget: (to: string) => string;
  /** Whether files can be sent. */
  readonly media: boolean;
  /** Whether the `threadId` of a send is kept, see `keepsThreadId` of the message adapter. */
  readonly thread?: boolean;
}

/** How the host prepares text for a channel. Only the gateway sends: the CLI must not open the account's state. */
export function createOutboundAdapter({
  media,
  parseTarget,
  splitText,
  textChunkLimit,
  thread = false,
}: OutboundAdapterOptions): ChannelOutboundAdapter {
  return {
    deliveryMode: "gateway",
    chunker: (text, limit) => splitText(text, limit),
    chunkerMode: "text",
    textChunkLimit,
    sanitizeText: ({ text }) => toPlainText(text),
    resolveTarget: ({ to }) => {
      try {
        return { ok: true, to: parseTarget(to ?? "") };
      } catch (error) {
        return { ok: false, error: error instanceof Error ? error : new Error(String(error)) };
      }
    },
    deliveryCapabilities: {
      durableFinal: {
        text: true,
        ...(media ? { media } : {}),
        ...(thread ? { thread } : {}),
        replyTo: true,
        messageSendingHooks: true,
        reconcileUnknownSend: true,
      },
    },
  };
}
