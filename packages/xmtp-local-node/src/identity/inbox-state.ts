import { createHash } from "node:crypto";
import { invalidArgument } from "../grpc/status.ts";
import type { IdentityAction, IdentityUpdate, Member, UpdateSignature } from "./identity-update.ts";
import { signatureText } from "./signature-text.ts";
import { recoverSigner } from "./signer.ts";

/** Who belongs to an inbox after some updates. */
export interface InboxState {
  /** Members by their key, see {@link memberKey}. */
  readonly members: ReadonlyMap<
    string,
    { readonly kind: Member["kind"]; readonly addedBy?: string }
  >;
  /** Key of the address that may revoke, and name its successor. */
  readonly recovery: string;
  /** Every signature of the updates so far: none may count twice. */
  readonly seenSignatures: ReadonlySet<string>;
}

/**
 * Follows the log of an inbox by the rules that every client applies to it (XIP-46).
 *
 * @param updates - All of them, oldest first.
 * @returns who belongs to the inbox in the end.
 * @throws {@link GrpcStatus} `INVALID_ARGUMENT` at the first update that breaks a rule.
 */
export function replayUpdates(updates: readonly IdentityUpdate[]): InboxState {
  const last = updates.reduce<InboxState | undefined>(applyUpdate, undefined);
  if (last === undefined) throw refused("no updates");
  return last;
}

function applyUpdate(before: InboxState | undefined, update: IdentityUpdate): InboxState {
  const text = signatureText(update);
  const signatures = new Set<string>();
  // All actions of an update carry signatures of one text, often the same ones. They are new to the log, not to the update.
  const signer = (signature: UpdateSignature): Member => {
    const key = signatureKey(signature);
    if (before?.seenSignatures.has(key) === true) throw refused("a signature is used again");
    signatures.add(key);
    return recoverSigner(signature, text);
  };
  let state = before;
  for (const action of update.actions) {
    state = applyAction(state, action, { inboxId: update.inboxId, signer });
  }
  if (state === undefined) throw refused("no actions");
  return { ...state, seenSignatures: new Set([...(before?.seenSignatures ?? []), ...signatures]) };
}

interface UpdateFacts {
  readonly inboxId: string;
  /** Checks a signature. @throws {@link GrpcStatus} when it is used again, or cannot be checked. */
  readonly signer: (signature: UpdateSignature) => Member;
}

function applyAction(
  state: InboxState | undefined,
  action: IdentityAction,
  facts: UpdateFacts,
): InboxState {
  if (action.kind === "create_inbox") return createInbox(state, action, facts);
  if (state === undefined) throw refused("the inbox does not exist");
  if (action.kind === "add") return addMember(state, action, facts);
  const signer = memberKey(facts.signer(action.signature));
  if (signer !== state.recovery) throw refused("not signed by the recovery address");
  return action.kind === "revoke"
    ? revokeMember(state, action.member)
    : { ...state, recovery: memberKey(action.recovery) };
}

function createInbox(
  state: InboxState | undefined,
  action: IdentityAction & { kind: "create_inbox" },
  { inboxId, signer }: UpdateFacts,
): InboxState {
  if (state !== undefined) throw refused("the inbox exists already");
  const { owner } = action;
  if (owner.kind !== "address") throw refused("only an address can own an inbox on this node");
  if (inboxId !== inboxIdOf(owner.address, action.nonce)) {
    throw refused("the inbox id does not follow from its owner");
  }
  const key = memberKey(owner);
  if (memberKey(signer(action.signature)) !== key) throw refused("not signed by the owner");
  return {
    members: new Map([[key, { kind: owner.kind }]]),
    recovery: key,
    seenSignatures: new Set(),
  };
}

function addMember(
  state: InboxState,
  { member, ...signatures }: IdentityAction & { kind: "add" },
  { signer }: UpdateFacts,
): InboxState {
  const existing = signer(signatures.existingMemberSignature);
  const existingKey = memberKey(existing);
  if (!state.members.has(existingKey) && existingKey !== state.recovery) {
    throw refused("not signed by a member");
  }
  const key = memberKey(member);
  if (memberKey(signer(signatures.newMemberSignature)) !== key) {
    throw refused("not signed by the new member");
  }
  if (existing.kind === "installation" && member.kind === "installation") {
    throw refused("an installation cannot add another one");
  }
  const members = new Map(state.members).set(key, { kind: member.kind, addedBy: existingKey });
  return { ...state, members };
}

function revokeMember(state: InboxState, revoked: Member): InboxState {
  const key = memberKey(revoked);
  // What an address let in goes with it.
  const members = [...state.members].filter(
    ([other, { kind, addedBy }]) => other !== key && !(kind === "installation" && addedBy === key),
  );
  return { ...state, members: new Map(members) };
}

/** The inbox id that follows from an owner and a nonce, normally 1. 64 hex digits. */
export function inboxIdOf(address: string, nonce: bigint): string {
  return createHash("sha256").update(`${address}${nonce}`).digest("hex");
}

/** A member as a text that no other member has. */
export function memberKey(member: Member): string {
  return member.kind === "address"
    ? member.address
    : `${member.kind}:${Buffer.from(member.publicKey).toString("hex")}`;
}

function signatureKey(signature: UpdateSignature): string {
  return signature.kind === "unsupported"
    ? signature.what
    : Buffer.from(signature.bytes).toString("hex");
}

function refused(rule: string): Error {
  return invalidArgument(`identity update: ${rule}`);
}
