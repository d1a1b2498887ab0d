import { isDirectChannelOf, tryReadPlainDirect } from "../direct/direct-channel.ts";
import type { MessageListener } from "../engine/engine.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import type { CheckedMessage } from "../message/message.ts";
import type { AddResult, NewMessage } from "../store/port.ts";
import type { HeldMail } from "./held-mail.ts";
import type { JoinedChannels } from "./joined-channels.ts";
import type { OwnTrail } from "./own-trail.ts";

const BOX_PREFIX = "box1-";

export interface IntakeDeps {
  readonly key: MeshKey;
  /** When this peer was opened, by its clock. */
  readonly openedAtMs: number;
  readonly acceptsUnverified: boolean;
  /** Undefined for who does not answer what it hears: everything is news. */
  readonly joined: Pick<JoinedChannels, "isSince"> | undefined;
  readonly trail: Pick<OwnTrail, "answeredToMs" | "follow">;
  readonly held: Pick<HeldMail, "isHolding" | "noteHeld">;
  /** A channel that somebody here listens to. */
  readonly isWanted: (channelId: string) => boolean;
  /** Puts a message on disk. @throws MeshError of the store. */
  readonly keep: (
    checked: CheckedMessage,
    fate: Pick<NewMessage, "forUs" | "isHeld" | "isStray">,
  ) => Promise<AddResult>;
  /** Something that came was stored; `isEvent`: it is to be given out now. */
  readonly onStored: (isEvent: boolean) => void;
  /** A message of ours came that this state did not make. */
  readonly onMadeElsewhere: () => void;
}

/** Puts on disk what the engine has checked, and decides whether it is an event for the owner of the peer. */
export class Intake {
  readonly #deps: IntakeDeps;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  /** See {@link MessageListener}. @throws MeshError of the stores. */
  readonly take: MessageListener = async (checked, { by, isWanted }) => {
    const { held, keep, key, onStored, openedAtMs } = this.#deps;
    const { channelId, senderId, timestampMs } = checked.message;
    if (senderId === key.peerId) return this.#takeOwn(checked);
    const forUs = this.#isForUs(checked) && this.#isNews(channelId, timestampMs);
    const isLate = by === "sync" || timestampMs < openedAtMs || held.isHolding(channelId);
    const isHeld =
      forUs && isLate && checked.verdict === "verified" && this.#mayBeAnswered(channelId);
    const { outcome } = await keep(checked, { forUs, isHeld, isStray: !isWanted && !forUs });
    if (outcome !== "stored" && outcome !== "quarantined") return toWord(outcome);
    if (isHeld) held.noteHeld(channelId);
    onStored(forUs && !isHeld);
    return "new";
  };

  /** What we have said ourselves comes back from others. What we cannot have said comes from another state of ours. */
  async #takeOwn(checked: CheckedMessage): ReturnType<MessageListener> {
    const { keep, onMadeElsewhere, onStored, openedAtMs, trail } = this.#deps;
    const { message, verdict } = checked;
    const isNewer = verdict === "verified" && trail.follow(message);
    const { outcome } = await keep(checked, { forUs: false });
    if (outcome !== "stored") return toWord(outcome);
    // What this state has said since the opening is in its store, or too old to be taken again.
    if (isNewer || message.timestampMs > openedAtMs) onMadeElsewhere();
    onStored(false);
    return "new";
  }

  #isForUs({ message, verdict }: CheckedMessage): boolean {
    const { acceptsUnverified, isWanted, key } = this.#deps;
    const { channelId, senderId } = message;
    const isVerified = verdict === "verified";
    if (!isVerified && !acceptsUnverified) return false;
    return (
      isWanted(channelId) ||
      tryReadPlainDirect(channelId)?.includes(key.peerId) === true ||
      // A first message may overtake the knock that announces it.
      (isVerified && isDirectChannelOf(key, senderId, channelId))
    );
  }

  /** Whether what was said then is still to be answered, by who answers at all. */
  #isNews(channelId: string, timestampMs: number): boolean {
    const { joined, trail } = this.#deps;
    if (joined === undefined) return true;
    const isAnswered =
      this.#mayBeAnswered(channelId) && timestampMs <= trail.answeredToMs(channelId);
    return !isAnswered && joined.isSince(channelId, timestampMs);
  }

  /** Whether an answer of ours says that what came before it is done with. Knocks in a box get none. */
  #mayBeAnswered(channelId: string): boolean {
    return this.#deps.joined !== undefined && !channelId.startsWith(BOX_PREFIX);
  }
}

function toWord(outcome: AddResult["outcome"]): "known" | "refused" {
  return outcome === "refused" ? "refused" : "known";
}
