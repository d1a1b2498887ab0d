import { invalidArgument } from "../grpc/status.ts";
import type { Identifier, IdentifierChanges } from "../store/inbox-log.ts";
import { Fields } from "../wire/fields.ts";

/** Wire values of IdentifierKind. 0, unspecified, means an Ethereum address. */
const ETHEREUM = 1;
const PASSKEY = 2;

/** Who can belong to an inbox. */
export type Member =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "installation"; readonly publicKey: Uint8Array }
  | { readonly kind: "passkey"; readonly publicKey: Uint8Array };

/** A signature under the text of an update, as it came. */
export type UpdateSignature =
  | { readonly kind: "erc_191"; readonly bytes: Uint8Array }
  | {
      readonly kind: "installation_key";
      readonly bytes: Uint8Array;
      readonly publicKey: Uint8Array;
    }
  /** A smart contract wallet, a passkey, or a key of the old network: nothing that this node can check. */
  | { readonly kind: "unsupported"; readonly what: string };

export type IdentityAction =
  | {
      readonly kind: "create_inbox";
      readonly owner: Member;
      readonly nonce: bigint;
      readonly signature: UpdateSignature;
    }
  | {
      readonly kind: "add";
      readonly member: Member;
      readonly existingMemberSignature: UpdateSignature;
      readonly newMemberSignature: UpdateSignature;
    }
  | { readonly kind: "revoke"; readonly member: Member; readonly signature: UpdateSignature }
  | {
      readonly kind: "change_recovery";
      readonly recovery: Member;
      readonly signature: UpdateSignature;
    };

/** One identity update: actions that all signers signed together. */
export interface IdentityUpdate {
  readonly inboxId: string;
  readonly clientTimestampNs: bigint;
  readonly actions: readonly IdentityAction[];
}

/**
 * Reads an encoded IdentityUpdate. Only its form is checked.
 *
 * @throws {@link GrpcStatus} `INVALID_ARGUMENT`.
 */
export function readIdentityUpdate(bytes: Uint8Array): IdentityUpdate {
  const update = new Fields(bytes);
  const inboxId = update.text(3);
  if (!/^[0-9a-f]{64}$/u.test(inboxId)) throw invalidArgument("identity update: bad inbox id");
  const actions = update.messages(1).map(readAction);
  if (actions.length === 0) throw invalidArgument("identity update: no actions");
  return { inboxId, clientTimestampNs: update.uint64(2), actions };
}

function readAction(action: Fields): IdentityAction {
  if (action.has(1)) {
    const create = action.message(1);
    return {
      kind: "create_inbox",
      owner: readNamedMember(create.text(1), readIdentifierKind(create, 4)),
      nonce: create.uint64(2),
      signature: readSignature(create.message(3)),
    };
  }
  if (action.has(2)) {
    const add = action.message(2);
    return {
      kind: "add",
      member: readMember(add.message(1)),
      existingMemberSignature: readSignature(add.message(2)),
      newMemberSignature: readSignature(add.message(3)),
    };
  }
  if (action.has(3)) {
    const revoke = action.message(3);
    return {
      kind: "revoke",
      member: readMember(revoke.message(1)),
      signature: readSignature(revoke.message(2)),
    };
  }
  if (action.has(4)) {
    const change = action.message(4);
    return {
      kind: "change_recovery",
      recovery: readNamedMember(change.text(1), readIdentifierKind(change, 3)),
      signature: readSignature(change.message(2)),
    };
  }
  throw invalidArgument("identity update: unknown action");
}

/** Reads an IdentifierKind. */
export function readIdentifierKind(message: Fields, field: number): number {
  return message.uint32(field) || ETHEREUM;
}

function readNamedMember(identifier: string, kind: number): Member {
  if (kind === ETHEREUM) return readAddress(identifier);
  if (kind === PASSKEY) return { kind: "passkey", publicKey: Buffer.from(identifier, "hex") };
  throw invalidArgument("identity update: unknown kind of identifier");
}

function readMember(member: Fields): Member {
  if (member.has(1)) return readAddress(member.text(1));
  if (member.has(2)) return { kind: "installation", publicKey: member.bytes(2) };
  if (member.has(3)) return { kind: "passkey", publicKey: member.message(3).bytes(1) };
  throw invalidArgument("identity update: unknown kind of member");
}

function readAddress(text: string): Member {
  const address = text.toLowerCase();
  if (!/^0x[0-9a-f]{40}$/u.test(address)) throw invalidArgument("identity update: bad address");
  return { kind: "address", address };
}

function readSignature(signature: Fields): UpdateSignature {
  if (signature.has(1)) return { kind: "erc_191", bytes: signature.message(1).bytes(1) };
  if (signature.has(3)) {
    const key = signature.message(3);
    return { kind: "installation_key", bytes: key.bytes(1), publicKey: key.bytes(2) };
  }
  if (signature.has(2)) return { kind: "unsupported", what: "a smart contract wallet" };
  if (signature.has(4)) return { kind: "unsupported", what: "a key of the old network" };
  if (signature.has(5)) return { kind: "unsupported", what: "a passkey" };
  throw invalidArgument("identity update: a signature is missing");
}

/** Which names an update gives to its inbox or takes from it. Installations have none. */
export function identifierChanges({ actions }: IdentityUpdate): IdentifierChanges {
  const added: Identifier[] = [];
  const revoked: Identifier[] = [];
  for (const action of actions) {
    if (action.kind === "create_inbox") added.push(...names(action.owner));
    if (action.kind === "add") added.push(...names(action.member));
    if (action.kind === "revoke") revoked.push(...names(action.member));
  }
  return { added, revoked };
}

function names(member: Member): Identifier[] {
  if (member.kind === "installation") return [];
  return member.kind === "address"
    ? [{ identifier: member.address, kind: ETHEREUM }]
    : [{ identifier: Buffer.from(member.publicKey).toString("hex"), kind: PASSKEY }];
}
