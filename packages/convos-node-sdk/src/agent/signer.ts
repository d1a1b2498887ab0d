import type { Signer } from "@xmtp/node-sdk";
import { type ConvosKey, signPersonalMessage } from "../identity/key.ts";
import { IDENTIFIER_ETHEREUM } from "../xmtp/enums.ts";

/** A key as `Client.create` of `@xmtp/node-sdk` takes it. */
export function convosSigner(key: ConvosKey): Signer {
  return {
    type: "EOA",
    getIdentifier: () => ({ identifier: key.address, identifierKind: IDENTIFIER_ETHEREUM }),
    signMessage: (text) => signPersonalMessage(key.privateKey, text),
  };
}
