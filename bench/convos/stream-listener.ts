import { randomBytes } from "node:crypto";
import { Client } from "@xmtp/node-sdk";
import { pollUntil } from "channel-testing";
import { keyFromHex } from "convos-node-sdk";
import { convosCodecs, convosSigner } from "convos-node-sdk/agent";
import { readText } from "../../test/support/xmtp-peer.ts";
import { Receipts } from "./receipts.ts";

const ADMISSION_TIMEOUT_MS = 60_000;

/** Somebody with the plain XMTP SDK who only listens: how fast the library's own stream is. */
export class StreamListener implements AsyncDisposable {
  /** The texts that the streams gave, as they came. */
  readonly receipts = new Receipts();
  readonly #client: Awaited<ReturnType<typeof openClient>>;
  readonly #stack = new AsyncDisposableStack();

  private constructor(client: Awaited<ReturnType<typeof openClient>>) {
    this.#client = client;
    this.#stack.defer(() => client.close());
  }

  static async start(nodeUrl: string): Promise<StreamListener> {
    return new StreamListener(await openClient(nodeUrl));
  }

  get inboxId(): string {
    return this.#client.inboxId;
  }

  /** Listens in a conversation that somebody brings this one into. */
  async listen(conversationId: string): Promise<void> {
    const { conversations } = this.#client;
    const group = await pollUntil(
      async () => {
        await conversations.sync();
        return conversations.listGroups().find(({ id }) => id === conversationId);
      },
      (found) => found !== undefined,
      ADMISSION_TIMEOUT_MS,
      "admission",
    );
    const stream = await group?.stream({
      onValue: ({ content }) => {
        const text = readText(content);
        if (text !== undefined) this.receipts.note([text]);
      },
    });
    this.#stack.defer(async () => {
      await stream?.end();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Knows the content types of Convos: the SDK complains to the console about each message of another one. */
function openClient(apiUrl: string) {
  const key = keyFromHex(randomBytes(32).toString("hex"));
  return Client.create(convosSigner(key), {
    env: "local",
    apiUrl,
    dbPath: null,
    disableDeviceSync: true,
    codecs: convosCodecs(),
  });
}
