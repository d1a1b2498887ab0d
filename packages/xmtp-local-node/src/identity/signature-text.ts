import type { IdentityAction, IdentityUpdate, Member } from "./identity-update.ts";

/**
 * The text that everybody who takes part in an update signs (XIP-46). A wallet shows it to its owner, so it is made to
 * be read; the time is in whole seconds.
 */
export function signatureText({ inboxId, clientTimestampNs, actions }: IdentityUpdate): string {
  const time = new Date(Number(clientTimestampNs / 1_000_000_000n) * 1000);
  return [
    "XMTP : Authenticate to inbox",
    "",
    `Inbox ID: ${inboxId}`,
    `Current time: ${time.toISOString().replace(/\.\d+Z$/u, "Z")}`,
    "",
    ...actions.map(describeAction),
    "",
    "For more info: https://xmtp.org/signatures",
  ].join("\n");
}

function describeAction(action: IdentityAction): string {
  switch (action.kind) {
    case "create_inbox":
      return `- Create inbox\n  (Owner: ${nameOf(action.owner)})`;
    case "add":
      return action.member.kind === "installation"
        ? `- Grant messaging access to app\n  (ID: ${nameOf(action.member)})`
        : `- Link address to inbox\n  (Address: ${nameOf(action.member)})`;
    case "revoke":
      return action.member.kind === "installation"
        ? `- Revoke messaging access from app\n  (ID: ${nameOf(action.member)})`
        : `- Unlink address from inbox\n  (Address: ${nameOf(action.member)})`;
    case "change_recovery":
      break;
  }
  return `- Change inbox recovery address\n  (Address: ${nameOf(action.recovery)})`;
}

function nameOf(member: Member): string {
  return member.kind === "address" ? member.address : Buffer.from(member.publicKey).toString("hex");
}
