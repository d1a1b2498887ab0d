import { randomBytes } from "node:crypto";
import { Client, type Dm, type Group } from "@xmtp/node-sdk";
import {
  type ConvosKey,
  type EncodedContentParts,
  keyFromHex,
  signPersonalMessage,
} from "convos-node-sdk";
import type { ConvosCodec } from "convos-node-sdk/agent";

const ETHEREUM = 0;

/** An inbox of the unmodified XMTP SDK: somebody who writes what the test wants, not what our client would. */
export class XmtpPeer implements AsyncDisposable {
  readonly key: ConvosKey;
  readonly client: Client;

  private constructor(key: ConvosKey, client: Client) {
    this.key = key;
    this.client = client;
  }

  /** @param codecs - For types beside XMTP's own. Of the others the SDK says on the terminal that it cannot read them. */
  static async start(apiUrl: string, codecs: ConvosCodec<string>[] = []): Promise<XmtpPeer> {
    const key = keyFromHex(randomBytes(32).toString("hex"));
    const identifier = { identifier: key.address, identifierKind: ETHEREUM };
    const client = await Client.create(
      {
        type: "EOA",
        getIdentifier: () => identifier,
        signMessage: (text) => signPersonalMessage(key.privateKey, text),
      },
      { env: "local", apiUrl, dbPath: null, disableDeviceSync: true, codecs },
    );
    return new XmtpPeer(key, client);
  }

  get inboxId(): string {
    return this.key.inboxId;
  }

  /** Sends something in the direct conversation with an inbox. */
  async write(inboxId: string, content: EncodedContentParts | string): Promise<void> {
    const direct = await this.client.conversations.createDm(inboxId);
    await (typeof content === "string" ? direct.sendText(content) : sendParts(direct, content));
  }

  /** Types and contents of what an inbox wrote to us directly, oldest first. */
  async read(inboxId: string): Promise<{ typeId: string; content: unknown }[]> {
    await this.client.conversations.sync();
    const direct = await this.client.conversations.createDm(inboxId);
    await direct.sync();
    return (await direct.messages())
      .filter(({ senderInboxId }) => senderInboxId === inboxId)
      .map(({ contentType, content }) => ({ typeId: contentType.typeId, content }));
  }

  async group(id: string): Promise<Group | undefined> {
    await this.client.conversations.sync();
    return this.client.conversations.listGroups().find((group) => group.id === id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** Sends content of a type that the SDK does not know. */
export async function sendParts(to: Dm | Group, parts: EncodedContentParts): Promise<void> {
  const { shouldPush, type, parameters, content, fallback } = parts;
  await to.send(
    {
      type: { ...type },
      parameters: { ...parameters },
      content,
      ...(fallback !== undefined && { fallback }),
    },
    { shouldPush },
  );
}

/** The text of a message, or of a reply; undefined for anything else. */
export function readText(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  const isReply = typeof content === "object" && content !== null && "content" in content;
  return isReply ? readText(content.content) : undefined;
}
