import { createSenderReader } from "channel-kit";
import { factRules } from "./inbound.ts";

/** Who wrote a stored event. */
export const readSender = createSenderReader((rawEvent) =>
  factRules.senderOf(factRules.codec.parse(rawEvent)),
);
