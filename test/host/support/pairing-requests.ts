import { isJsonObject, type Gateway } from "channel-testing";

export interface PairedAccount {
  readonly channel: string;
  readonly accountId: string;
}

/** The id of somebody's open request to be heard by an account. Rejects when there is none. */
export async function findPairingRequest(
  gateway: Pick<Gateway, "call">,
  account: PairedAccount,
  senderId: string,
): Promise<string> {
  const answer = await gateway.call("channels.pairing.list", account);
  const requests = isJsonObject(answer) ? answer["requests"] : undefined;
  const request = (Array.isArray(requests) ? requests : [])
    .filter(isJsonObject)
    .find((pending) => pending["senderId"] === senderId);
  const requestId = request?.["requestId"];
  if (typeof requestId !== "string") throw new TypeError("test: no pairing request");
  return requestId;
}

/** Lets somebody in who has asked, as the operator does in the Control UI. */
export async function approvePairing(
  gateway: Pick<Gateway, "call">,
  account: PairedAccount,
  senderId: string,
): Promise<void> {
  const requestId = await findPairingRequest(gateway, account, senderId);
  await gateway.call("channels.pairing.approve", { ...account, requestId });
}
