// Translates between stored ingress rows and the records the host's drain works with.

import type {
  ChannelIngressQueue,
  ChannelIngressQueueClaim,
  ChannelIngressQueueRecord,
} from "openclaw/plugin-sdk/channel-outbound";
import { ChannelDurabilityError } from "./errors.ts";
import {
  readBlob,
  readInteger,
  readOptionalBlob,
  readOptionalInteger,
  readOptionalText,
  readText,
  type Row,
} from "./rows.ts";
import type { Sealer } from "./sealing.ts";

type Queue<TPayload> = Required<ChannelIngressQueue<TPayload>>;
/** What `enqueue` answers for an event that was already dealt with. */
export type CompletedRecord = Extract<
  Awaited<ReturnType<Queue<unknown>["enqueue"]>>,
  { kind: "completed" }
>["record"];
export type DeadLetter<TPayload> = Awaited<ReturnType<Queue<TPayload>["listFailed"]>>[number];
/** The columns of a claim; all three are set together. */
export type ClaimColumns = ChannelIngressQueueClaim<unknown>["claim"];

export type IngressStatus = "pending" | "claimed" | "completed" | "failed";
type SealedColumn = "head" | "payload" | "metadata" | "last_error" | "outcome";

export const INGRESS_COLUMNS =
  "seq, id_tag, lane_tag, status, head, payload, metadata, received_at, updated_at, attempts, last_attempt_at, " +
  "last_error, claim_token, claim_owner, claimed_at, settled_at, outcome";
/** What a look at the queue reads of a row: all but the contents, which may be a megabyte. */
export const LISTED_COLUMNS =
  "seq, id_tag, lane_tag, status, head, metadata, received_at, updated_at, attempts, last_attempt_at, last_error, " +
  "claim_token, claim_owner, claimed_at";

/** Which queue a row belongs to, as the host wants it repeated in every record. */
export interface QueueIdentity {
  readonly channelId: string;
  readonly accountId: string;
  readonly queueName: string;
}

interface Head {
  readonly id: string;
  readonly laneKey: string | undefined;
}

/** Returns the payload a stored value stands for, or `undefined` when it stands for none. */
export type TryParsePayload<TPayload> = (value: unknown) => TPayload | undefined;

/** Seals and opens the values of one queue's rows. */
export class IngressRowCodec<TPayload> {
  readonly identity: QueueIdentity;
  readonly #sealer: Sealer;
  readonly #tryParsePayload: TryParsePayload<TPayload>;

  constructor(sealer: Sealer, identity: QueueIdentity, tryParsePayload: TryParsePayload<TPayload>) {
    this.#sealer = sealer;
    this.identity = identity;
    this.#tryParsePayload = tryParsePayload;
  }

  idTag(id: string): string {
    return this.#sealer.tag("ingress id", id);
  }

  laneTag(laneKey: string | undefined): string | null {
    return laneKey === undefined ? null : this.#sealer.tag("ingress lane", laneKey);
  }

  seal(idTag: string, column: SealedColumn, value: unknown): Uint8Array {
    return this.#sealer.sealJson({ table: "ingress", column, row: idTag }, value);
  }

  /** `undefined` has no JSON: such a value is stored as NULL and comes back as absent. */
  sealOptional(idTag: string, column: SealedColumn, value: unknown): Uint8Array | null {
    return value === undefined ? null : this.seal(idTag, column, value);
  }

  sealHead(idTag: string, head: Head): Uint8Array {
    return this.seal(idTag, "head", { id: head.id, lane: head.laneKey });
  }

  /** The record of a row, or `undefined` when its id or payload does not open. */
  tryRecord(row: Row): ChannelIngressQueueRecord<TPayload> | undefined {
    const payload = this.tryPayload(row);
    const listed = this.#tryFields(row);
    return payload === undefined || listed === undefined ? undefined : { ...listed, payload };
  }

  /**
   * The record of a row without its payload column ({@link LISTED_COLUMNS}), or `undefined` when its id does not open.
   *
   * @param readPayload - Called when somebody reads the record's payload, at most once.
   */
  tryListed(
    row: Row,
    readPayload: () => TPayload,
  ): ChannelIngressQueueRecord<TPayload> | undefined {
    const listed = this.#tryFields(row);
    if (listed === undefined) {
      return undefined;
    }
    let opened: { readonly payload: TPayload } | undefined;
    return {
      ...listed,
      get payload() {
        opened ??= { payload: readPayload() };
        return opened.payload;
      },
    };
  }

  #tryFields(row: Row): Omit<ChannelIngressQueueRecord<TPayload>, "payload"> | undefined {
    const head = this.#tryHead(row);
    if (head === undefined) {
      return undefined;
    }
    const metadata = this.#tryOpen(row, "metadata");
    const lastAttemptAt = readOptionalInteger(row, "last_attempt_at");
    const lastError = this.#tryOpen(row, "last_error");
    return {
      ...this.identity,
      id: head.id,
      ...(metadata === undefined ? {} : { metadata: metadata.value }),
      receivedAt: readInteger(row, "received_at"),
      updatedAt: readInteger(row, "updated_at"),
      ...(head.laneKey === undefined ? {} : { laneKey: head.laneKey }),
      attempts: readInteger(row, "attempts"),
      ...(lastAttemptAt === undefined ? {} : { lastAttemptAt }),
      ...(typeof lastError?.value === "string" ? { lastError: lastError.value } : {}),
    };
  }

  /** The claimed record of a row, or `undefined` when it does not open or its claim is incomplete. */
  tryClaim(row: Row): ChannelIngressQueueClaim<TPayload> | undefined {
    const record = this.tryRecord(row);
    const claim = tryClaimColumns(row);
    return record === undefined || claim === undefined ? undefined : { ...record, claim };
  }

  completed(row: Row): CompletedRecord {
    const metadata = this.#tryOpen(row, "outcome");
    return {
      ...this.identity,
      id: this.idOf(row),
      completedAt: readOptionalInteger(row, "settled_at") ?? readInteger(row, "updated_at"),
      ...(metadata === undefined ? {} : { metadata: metadata.value }),
    };
  }

  deadLetter(row: Row): DeadLetter<TPayload> {
    const payload = this.tryPayload(row);
    const metadata = this.#tryOpen(row, "metadata");
    const lastAttemptAt = readOptionalInteger(row, "last_attempt_at");
    const reason = this.#tryOpen(row, "outcome");
    const message = this.#tryOpen(row, "last_error");
    const laneKey = this.#tryHead(row)?.laneKey;
    return {
      ...this.identity,
      id: this.idOf(row),
      ...(payload === undefined ? {} : { payload }),
      ...(metadata === undefined ? {} : { metadata: metadata.value }),
      receivedAt: readInteger(row, "received_at"),
      updatedAt: readInteger(row, "updated_at"),
      ...(laneKey === undefined ? {} : { laneKey }),
      attempts: readInteger(row, "attempts"),
      ...(lastAttemptAt === undefined ? {} : { lastAttemptAt }),
      failedAt: readOptionalInteger(row, "settled_at") ?? readInteger(row, "updated_at"),
      reason: typeof reason?.value === "string" ? reason.value : "failed",
      ...(typeof message?.value === "string" ? { message: message.value } : {}),
    };
  }

  /** The row's event id; a row whose id does not open is named by its tag, so that an operator can point at it. */
  idOf(row: Row): string {
    return this.#tryHead(row)?.id ?? `unreadable:${readText(row, "id_tag")}`;
  }

  laneOf(row: Row): string | undefined {
    return this.#tryHead(row)?.laneKey;
  }

  /** What a row with `id_tag` and `payload` holds, or `undefined` when it does not open. */
  tryPayload(row: Row): TPayload | undefined {
    const opened = this.#tryOpen(row, "payload");
    return opened === undefined ? undefined : this.#tryParsePayload(opened.value);
  }

  #tryHead(row: Row): Head | undefined {
    const opened = this.#tryOpen(row, "head")?.value;
    if (typeof opened !== "object" || opened === null || !("id" in opened)) {
      return undefined;
    }
    const laneKey = "lane" in opened && typeof opened.lane === "string" ? opened.lane : undefined;
    return typeof opened.id === "string" ? { id: opened.id, laneKey } : undefined;
  }

  // Wrapped, because JSON null is a legal value and must differ from "absent" and from "does not open".
  #tryOpen(row: Row, column: SealedColumn): { readonly value: unknown } | undefined {
    const sealed = readOptionalBlob(row, column);
    if (sealed === undefined) {
      return undefined;
    }
    const place = { table: "ingress", column, row: readText(row, "id_tag") };
    try {
      return { value: this.#sealer.openJson(place, readBlob(row, column)) };
    } catch (error) {
      if (error instanceof ChannelDurabilityError) {
        return undefined;
      }
      throw error;
    }
  }
}

export function readStatus(row: Row): IngressStatus {
  const status = readText(row, "status");
  if (
    status === "pending" ||
    status === "claimed" ||
    status === "completed" ||
    status === "failed"
  ) {
    return status;
  }
  throw new ChannelDurabilityError("corrupt_row", "ingress: unknown status");
}

export function tryClaimColumns(row: Row): ClaimColumns | undefined {
  const token = readOptionalText(row, "claim_token");
  const ownerId = readOptionalText(row, "claim_owner");
  const claimedAt = readOptionalInteger(row, "claimed_at");
  return token === undefined || ownerId === undefined || claimedAt === undefined
    ? undefined
    : { token, ownerId, claimedAt };
}
