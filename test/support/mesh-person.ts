// Another peer of the mesh in this process: what it hears is kept, and waited for.
import { EventEmitter, once } from "node:events";
import { randomBytes } from "node:crypto";
import { meshKeyFromSeed, MeshPeer, type MeshEvent, type OutgoingContent } from "mesh-sdk";

const WAIT_MS = 20_000;
/** A turn of an agent may take long on a busy machine. */
const HEAR_MS = 60_000;
/** Everybody in a test has the same address. */
const ROOMY = { maxLinksPerAddress: 128 };
const QUICK = { redialMinMs: 20, redialMaxMs: 100, syncMs: 500 };

export interface MeshPerson extends AsyncDisposable {
  readonly peerId: string;
  /** Address to dial, where it listens. */
  readonly url: string;
  readonly heard: readonly MeshEvent[];
  say(channelId: string, content: string | OutgoingContent): Promise<string>;
  whisper(peerId: string, content: string | OutgoingContent): Promise<void>;
  whenHeard(count: number): Promise<readonly MeshEvent[]>;
  whenLinked(count?: number, signal?: AbortSignal): Promise<void>;
  /** Resolves when this is so, looked at whenever something came. @throws The signal's reason. */
  until(isReached: () => boolean, signal: AbortSignal): Promise<void>;
}

/** Opens a peer that listens on this machine, or dials the one given. */
export async function createMeshPerson(options: {
  folder: string;
  dial?: string;
  channels?: string[];
}): Promise<MeshPerson> {
  const { channels = ["lobby"], dial, folder } = options;
  const peer = await MeshPeer.open({
    key: meshKeyFromSeed(randomBytes(32)),
    folder,
    ...(dial === undefined ? { listen: { port: 0 } } : { peers: [dial] }),
    allowPrivateAddresses: true,
    channels,
    timing: QUICK,
    limits: ROOMY,
  });
  const stop = new AbortController();
  const news = new EventEmitter();
  const heard: MeshEvent[] = [];
  const until = async (
    isReached: () => boolean,
    signal = AbortSignal.timeout(WAIT_MS),
  ): Promise<void> => {
    while (!isReached()) await once(news, "news", { signal });
  };
  peer.onStatusChange(() => news.emit("news"));
  const running = Promise.all([
    peer.run({ signal: stop.signal }),
    (async () => {
      for await (const event of peer.events({ signal: stop.signal })) {
        heard.push(event);
        peer.markHandled(event.id);
        news.emit("news");
      }
    })(),
  ]);
  running.catch(() => undefined);
  if (dial === undefined) await until(() => peer.status().listeningPort !== undefined);
  return {
    peerId: peer.peerId,
    url: `ws://127.0.0.1:${peer.status().listeningPort ?? 0}`,
    heard,
    say: async (channelId, content) =>
      (await peer.publish(channelId, contentOf(content))).messageId ?? "",
    whisper: async (peerId, content) => {
      await peer.sendDirect(peerId, contentOf(content));
    },
    whenHeard: async (count) => {
      await until(() => heard.length >= count);
      return heard;
    },
    until,
    whenLinked: (count = 1, signal) => until(() => peer.status().links >= count, signal),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running.catch(() => undefined);
      await peer.close();
    },
  };
}

/** A text that a peer has heard from a sender, once it has come. @throws When it does not come within a minute. */
export async function hearText(
  person: Pick<MeshPerson, "heard" | "until">,
  senderId: string,
  kind: MeshEvent["kind"],
  wanted: string | RegExp,
): Promise<string> {
  const find = (): string | undefined =>
    listTexts(person, senderId, kind).find((text) =>
      typeof wanted === "string" ? text === wanted : wanted.test(text),
    );
  await person.until(() => find() !== undefined, AbortSignal.timeout(HEAR_MS));
  return find() ?? "";
}

/** Everything that a peer has heard from a sender, in order. */
export function listTexts(
  { heard }: Pick<MeshPerson, "heard">,
  senderId: string,
  kind: MeshEvent["kind"],
): string[] {
  return heard
    .filter((event) => event.senderId === senderId && event.kind === kind)
    .map(({ body }) => body);
}

function contentOf(content: string | OutgoingContent): OutgoingContent {
  return typeof content === "string" ? { body: content } : content;
}
