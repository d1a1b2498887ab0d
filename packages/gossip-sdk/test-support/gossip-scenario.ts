import type { Checks } from "sdk-kit/vectors";
import { toHex } from "../src/codec/bytes.ts";
import { createNativeProvider } from "../src/crypto/native.ts";
import type { CryptoProvider } from "../src/crypto/provider.ts";
import { openAnnouncement, type OpenedAnnouncement } from "../src/announcement/announcement.ts";
import type { Identity } from "../src/identity/identity.ts";
import type { GossipUserId } from "../src/identity/user-id.ts";
import {
  acceptAnnouncement,
  awaitedSeeker,
  decryptValue,
  encryptMessage,
  establish,
  type PeerSession,
  refreshSession,
  type SessionStatus,
  sessionStatus,
} from "../src/session/peer-session.ts";
import { decodePeerSession, encodePeerSession } from "../src/session/peer-session-codec.ts";
import { DEFAULT_SESSION_CONFIG, type SessionConfig } from "../src/session/session-config.ts";
import type { ScenarioVector, StepVector } from "./gossip-vector-file.ts";
import type { ScriptedRandom } from "./scripted-random.ts";

type Step<Op extends StepVector["op"]> = Extract<StepVector, { op: Op }>;

const STATUS_NAMES: Record<SessionStatus, string> = {
  active: "Active",
  unknown_peer: "UnknownPeer",
  no_session: "NoSession",
  peer_requested: "PeerRequested",
  self_requested: "SelfRequested",
  killed: "Killed",
  saturated: "Saturated",
};

/** Replays the steps of one scenario: a fresh manager for each identity, and what they put on bulletin and board. */
export class GossipScenario {
  readonly #name: string;
  readonly #config: SessionConfig;
  readonly #identities: readonly Identity[];
  readonly #portable: CryptoProvider;
  readonly #native = createNativeProvider();
  readonly #random: ScriptedRandom;
  readonly #checks: Checks;
  readonly #managers: Map<GossipUserId, PeerSession>[];
  readonly #announcements = new Map<number, Uint8Array>();
  readonly #messages = new Map<number, { seeker: Uint8Array; data: Uint8Array }>();

  constructor(
    vector: ScenarioVector,
    world: {
      identities: readonly Identity[];
      crypto: CryptoProvider;
      random: ScriptedRandom;
      checks: Checks;
    },
  ) {
    this.#name = vector.name;
    this.#config = sessionConfig(vector.config);
    this.#identities = world.identities;
    this.#portable = world.crypto;
    this.#random = world.random;
    this.#checks = world.checks;
    this.#managers = world.identities.map(() => new Map<GossipUserId, PeerSession>());
  }

  /** Runs one step and compares what it gives. */
  play(step: StepVector, index: number): void {
    const label = `${this.#name} #${index} ${step.op}`;
    switch (step.op) {
      case "establish_outgoing_session":
        return this.#establish(step, label);
      case "feed_incoming_announcement":
        return this.#feedAnnouncement(step, label);
      case "send_message":
        return this.#send(step, label);
      case "feed_incoming_message_board_read":
        return this.#feedMessage(step, label);
      case "get_message_board_read_keys":
        return this.#checks.equal(label, this.#awaited(step.actor), step.seekers_sorted);
      case "peer_session_status":
        return this.#status(step, label);
      case "refresh":
        return this.#refresh(step, label);
      case "peer_list":
        return this.#checks.equal(
          label,
          [...this.#manager(step.actor).keys()].toSorted(),
          step.user_ids_sorted,
        );
      case "peer_discard":
        this.#manager(step.actor).delete(this.#identity(step.peer).userId);
        return;
      case "persist_and_restore":
        return this.#persist(step, label);
    }
  }

  #establish(step: Step<"establish_outgoing_session">, label: string): void {
    const peer = this.#identity(step.peer).publicKeys;
    const manager = this.#manager(step.actor);
    this.#random.load(Buffer.from(step.rng, "hex"));
    const { session, announcement } = establish(manager.get(peer.userId), {
      identity: this.#identity(step.actor),
      peer,
      userData: Buffer.from(step.user_data, "hex"),
      nowMs: step.now,
      crypto: this.#portable,
      config: this.#config,
    });
    manager.set(peer.userId, session);
    this.#announcements.set(step.announcement, announcement);
    this.#checks.equal(`${label} bytes`, base64(announcement), step.announcement_b64);
    this.#checks.equal(`${label} draws`, this.#random.drawn, step.rng_calls);
  }

  #feedAnnouncement(step: Step<"feed_incoming_announcement">, label: string): void {
    const identity = this.#identity(step.actor);
    const manager = this.#manager(step.actor);
    const bytes = flipped(demand(this.#announcements, step.announcement), step.flip_low_bit_at);
    const opened = openAnnouncement({ identity, bytes, crypto: this.#portable });
    const openedNatively = openAnnouncement({ identity, bytes, crypto: this.#native });
    this.#checks.equal(`${label} natively`, summary(openedNatively), summary(opened));
    if (opened === undefined) {
      this.#checks.equal(label, null, step.result);
      return;
    }
    const { userId } = opened.sender;
    const { session, accepted } = acceptAnnouncement(manager.get(userId), opened, {
      nowMs: step.now,
      crypto: this.#portable,
      config: this.#config,
    });
    if (accepted) manager.set(userId, session);
    this.#checks.equal(label, accepted ? summary(opened) : null, step.result);
  }

  #send(step: Step<"send_message">, label: string): void {
    const { userId } = this.#identity(step.peer);
    const manager = this.#manager(step.actor);
    this.#random.load(Buffer.from(step.rng ?? "", "hex"));
    const sent = encryptMessage(manager.get(userId), {
      contents: Buffer.from(step.contents, "hex"),
      nowMs: step.now,
      crypto: this.#portable,
      config: this.#config,
    });
    this.#checks.equal(`${label} seeker`, sent ? toHex(sent.seeker) : null, step.seeker);
    this.#checks.equal(`${label} draws`, this.#random.drawn, step.rng_calls ?? []);
    if (sent === undefined) return;
    this.#checks.equal(`${label} bytes`, base64(sent.data), step.data_b64);
    manager.set(userId, sent.session);
    if (step.message !== undefined) this.#messages.set(step.message, sent);
  }

  #feedMessage(step: Step<"feed_incoming_message_board_read">, label: string): void {
    const identity = this.#identity(step.actor);
    const manager = this.#manager(step.actor);
    const message = demand(this.#messages, step.message);
    const seekerHex = toHex(message.seeker);
    const data = flipped(message.data, step.flip_low_bit_at);
    const found = [...manager].find(([, session]) => {
      const awaited = awaitedSeeker(session);
      return awaited !== undefined && toHex(awaited) === seekerHex;
    });
    if (found === undefined) {
      this.#checks.equal(label, null, step.result);
      return;
    }
    const [userId, session] = found;
    const read = (crypto: CryptoProvider) =>
      decryptValue(session, {
        seeker: message.seeker,
        data,
        nowMs: step.now,
        identity,
        crypto,
        config: this.#config,
      });
    const portable = read(this.#portable);
    const native = read(this.#native);
    this.#checks.equal(
      `${label} natively`,
      [native.result, encodePeerSession(native.session)],
      [portable.result, encodePeerSession(portable.session)],
    );
    manager.set(userId, portable.session);
    const { result } = portable;
    this.#checks.equal(
      label,
      result.kind === "message"
        ? {
            user_id: userId,
            timestamp: result.sentAtMs,
            message: toHex(result.contents),
            acknowledged_seekers: result.acknowledgedSeekers.map(toHex),
          }
        : null,
      step.result,
    );
  }

  #status(step: Step<"peer_session_status">, label: string): void {
    const session = this.#manager(step.actor).get(this.#identity(step.peer).userId);
    const status = sessionStatus(session, this.#config);
    this.#checks.equal(label, STATUS_NAMES[status], step.status);
  }

  #refresh(step: Step<"refresh">, label: string): void {
    const manager = this.#manager(step.actor);
    const due: GossipUserId[] = [];
    for (const [userId, session] of manager) {
      const refreshed = refreshSession(session, step.now, this.#config);
      manager.set(userId, refreshed.session);
      if (refreshed.keepAliveDue) due.push(userId);
    }
    this.#checks.equal(label, due.toSorted(), step.keep_alive_user_ids_sorted);
  }

  #persist(step: Step<"persist_and_restore">, label: string): void {
    const manager = this.#manager(step.actor);
    for (const [userId, session] of manager) {
      const stored = encodePeerSession(session);
      const restored = decodePeerSession(stored);
      this.#checks.equal(label, encodePeerSession(restored), stored);
      manager.set(userId, restored);
    }
  }

  #awaited(actor: number): string[] {
    return [...this.#manager(actor).values()]
      .flatMap((session) => awaitedSeeker(session) ?? [])
      .map(toHex)
      .toSorted();
  }

  #identity(index: number): Identity {
    const identity = this.#identities[index];
    if (identity === undefined) throw new Error(`no identity ${index}`);
    return identity;
  }

  #manager(actor: number): Map<GossipUserId, PeerSession> {
    const manager = this.#managers[actor];
    if (manager === undefined) throw new Error(`no actor ${actor}`);
    return manager;
  }
}

function sessionConfig(vector: ScenarioVector["config"]): SessionConfig {
  // The official code sends whatever the clock says, so that the file can show what a peer makes of it.
  const official = { ...DEFAULT_SESSION_CONFIG, monotonicSendClock: false };
  if (vector === "default") return official;
  return {
    ...official,
    maxAnnouncementAgeMs: vector.max_incoming_announcement_age_millis,
    maxAnnouncementFutureMs: vector.max_incoming_announcement_future_millis,
    maxMessageAgeMs: vector.max_incoming_message_age_millis,
    maxMessageFutureMs: vector.max_incoming_message_future_millis,
    maxInactivityMs: vector.max_session_inactivity_millis,
    keepAliveIntervalMs: vector.keep_alive_interval_millis,
    maxSelfLag: vector.max_session_lag_length,
    maxPeerLag: vector.max_keep_alive_peer_lag_length,
  };
}

function summary(opened: OpenedAnnouncement | undefined): unknown {
  return (
    opened && {
      announcer_user_id: opened.sender.userId,
      timestamp: opened.request.createdAtMs,
      user_data: toHex(opened.userData),
    }
  );
}

function flipped(bytes: Uint8Array, at: number | undefined): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (at !== undefined) copy[at]! ^= 1;
  return copy;
}

function demand<Value>(values: ReadonlyMap<number, Value>, index: number): Value {
  const value = values.get(index);
  if (value === undefined) throw new Error(`nothing numbered ${index} was made before`);
  return value;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
