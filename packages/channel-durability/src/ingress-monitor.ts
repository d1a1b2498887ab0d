import {
  createChannelIngressMonitor,
  type ChannelIngressMonitorDeliveryResult,
  type ChannelIngressMonitorLifecycle,
  type ChannelIngressQueueClaim,
} from "openclaw/plugin-sdk/channel-outbound";
import { ChannelDurabilityError, describeError } from "./errors.ts";
import { createPatientSettlement } from "./patient-settlement.ts";
import type { IngressQueue } from "./ingress-queue.ts";

/** A released row is looked at again at least this often; a retry delay of the host starts at one second. */
const DEFAULT_POLL_INTERVAL_MS = 1000;
/** With released lanes the host wants a bound. A turn takes one place until its end; the host bounds its own runs. */
const MAX_PARALLEL_DELIVERIES = 256;
/** Version of the envelope around an event. The event's own format belongs to the plugin's codec. */
const ENVELOPE_VERSION = 1;

/** What the queue stores per event: the host's "raw-event" envelope. */
export interface StoredIngressEvent {
  readonly version: typeof ENVELOPE_VERSION;
  /** The event as the plugin's codec wrote it. */
  readonly rawEvent: string;
}

/** For `openIngressQueue`: checks an envelope read back. */
export function tryParseStoredIngressEvent(value: unknown): StoredIngressEvent | undefined {
  if (typeof value !== "object" || value === null || !("rawEvent" in value)) {
    return undefined;
  }
  const isKnown = "version" in value && value.version === ENVELOPE_VERSION;
  return isKnown && typeof value.rawEvent === "string"
    ? { version: ENVELOPE_VERSION, rawEvent: value.rawEvent }
    : undefined;
}

/** Identity and order of one event. Events of one lane are delivered one after the other. */
export interface IngressFacts {
  /** Unique per account and stable across redeliveries. It appears in debug lines: no raw peer ids. */
  readonly eventId: string;
  /** Usually the conversation. It appears in debug lines too. */
  readonly laneKey: string;
}

export interface IngressEventCodec<TEvent> {
  serialize(event: TEvent): string;
  /** Throws on a text it did not write; the row then becomes a dead letter (`malformed_event`). */
  parse(text: string): TEvent;
}

export interface IngressMonitorOptions<TEvent> {
  readonly queue: IngressQueue<StoredIngressEvent>;
  /** `null` for events that are not queued. Pure: asked on admission and again on the stored copy. */
  inspect(event: TEvent): IngressFacts | null;
  readonly codec: IngressEventCodec<TEvent>;
  /**
   * Deals with one event. Returning means done (answered, refused, or handed to the host); throwing means again
   * later. A turn must carry `lifecycle` into its reply options, see `runTurn`.
   */
  deliver(
    event: TEvent,
    lifecycle: ChannelIngressMonitorLifecycle,
    claim: ChannelIngressQueueClaim<StoredIngressEvent>,
  ): Promise<ChannelIngressMonitorDeliveryResult | void>;
  /** Errors that no retry can mend; their rows become dead letters at once. */
  nonRetryable?(error: unknown): IngressFailure | undefined;
  readonly pollIntervalMs?: number;
  /** Pause before the end of an event is written again that a full or failing disk did not take. */
  readonly diskRetryMs?: number;
  /**
   * True when deliveries of one lane may join: a delivery that defers (to collect a burst for one turn) then lets
   * the next event of its lane in. Default: a deferred event holds its lane.
   */
  readonly releasesDeferredLanes?: boolean;
  /** True while events of this lane are to stay in the queue. Asked at every look for work. */
  holdsLane?(laneKey: string): boolean;
  /**
   * May this event go ahead of those that wait in its held lane, e.g. a call to stop? Default no. Asked at every look for
   * work, of short events only: a long one waits with its lane.
   */
  passesHold?(event: TEvent): boolean;
  /** Debug lines of the host's drain: event ids and lanes, error classes and codes, no contents. */
  log?(line: string): void;
  onError?(error: unknown): void;
}

export interface IngressFailure {
  /** A stable word, shown in the list of dead letters. */
  readonly reason: string;
  readonly message: string;
}

/** What became of an admitted event. After any answer the transport may forget the event. */
export type IngressAdmission =
  | "ignored"
  | "accepted"
  | "pending"
  | "claimed"
  | "completed"
  | "failed";

export interface IngressMonitor<TEvent> {
  /**
   * Takes responsibility for one event: resolves after COMMIT. Acknowledge, mark handled or advance a cursor only
   * then. Events may come again; a known one is not run twice.
   *
   * @throws The queue's error when the event could not be stored after three tries: do not acknowledge.
   */
  admit(event: TEvent, options?: { readonly receivedAtMs?: number }): Promise<IngressAdmission>;
  /** Looks for work now instead of at the next poll. */
  requestDrain(): void;
  start(): void;
  /** Lets accepted events be stored and running deliveries end; unadopted ones go back to the queue. */
  stop(): Promise<void>;
  /** Resolves when nothing is running or waiting to run. For tests. */
  waitForIdle(): Promise<void>;
}

/**
 * Joins the host's durable ingress monitor with our queue: the host brings claims, lanes, retries, dead letters
 * and adoption, the queue keeps the rows. Retention is the host's standard (30 days, 20,000 rows).
 */
export function createIngressMonitor<TEvent>(
  options: IngressMonitorOptions<TEvent>,
): IngressMonitor<TEvent> {
  const { queue, codec } = options;
  const look = queue.createLook<TEvent>({
    isHeld: (laneKey) => options.holdsLane?.(laneKey) === true,
    ...(options.passesHold === undefined
      ? {}
      : { read: ({ rawEvent }) => tryParseEvent(codec, rawEvent) }),
    passes: (event) => passesHold(options, event),
  });
  const stopping = new AbortController();
  const monitor = createChannelIngressMonitor<TEvent, string, StoredIngressEvent>({
    queue: {
      ...queue,
      ...createPatientSettlement(queue, {
        signal: stopping.signal,
        onError: (error) => options.onError?.(error),
        ...(options.diskRetryMs === undefined ? {} : { retryMs: options.diskRetryMs }),
      }),
      // The drain takes up every pending event that it is shown, oldest first and all of them.
      listPending: async () => [...look()],
    },
    inspect: (event) => options.inspect(event),
    payload: {
      version: ENVELOPE_VERSION,
      storage: "raw-event",
      serialize: (event) => codec.serialize(event),
      deserialize: (text) => parseEvent(codec, text),
      createClaimError: (kind) =>
        new ChannelDurabilityError("malformed_event", `ingress: stored event refused, ${kind}`),
    },
    deliver: (event, lifecycle, claim) => options.deliver(event, lifecycle, claim),
    pollIntervalMs: options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS,
    retention: "standard",
    drain: {
      resolveNonRetryableFailure: (error) =>
        asMalformedEvent(error) ?? options.nonRetryable?.(error) ?? null,
      formatError: describeError,
      onLog: (line) => options.log?.(line),
      ...(options.releasesDeferredLanes === true
        ? { deferredLaneOccupancy: "release", startLimit: MAX_PARALLEL_DELIVERIES }
        : {}),
    },
    onError: (error) => options.onError?.(error),
  });
  return {
    admit: async (event, admitOptions = {}) => {
      const result = await monitor.admit(
        event,
        admitOptions.receivedAtMs === undefined ? {} : { receivedAt: admitOptions.receivedAtMs },
      );
      return result.kind === "ignored" ? "ignored" : result.queueResult.kind;
    },
    requestDrain: () => monitor.requestDrain(),
    start: () => monitor.start(),
    stop: () => {
      stopping.abort();
      return monitor.stop();
    },
    waitForIdle: () => monitor.waitForIdle(),
  };
}

function passesHold<TEvent>(options: IngressMonitorOptions<TEvent>, event: TEvent): boolean {
  try {
    return options.passesHold?.(event) === true;
  } catch {
    return false;
  }
}

function tryParseEvent<TEvent>(codec: IngressEventCodec<TEvent>, text: string): TEvent | undefined {
  try {
    return codec.parse(text);
  } catch {
    // It becomes a dead letter when its turn comes.
    return undefined;
  }
}

function parseEvent<TEvent>(codec: IngressEventCodec<TEvent>, text: string): TEvent {
  try {
    return codec.parse(text);
  } catch (cause) {
    throw new ChannelDurabilityError("malformed_event", "ingress: stored event does not parse", {
      cause,
    });
  }
}

function asMalformedEvent(error: unknown): IngressFailure | undefined {
  return error instanceof ChannelDurabilityError && error.code === "malformed_event"
    ? { reason: error.code, message: error.message }
    : undefined;
}
