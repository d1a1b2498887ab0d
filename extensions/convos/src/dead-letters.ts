import { createSenderReader } from "channel-kit";
import { factRules } from "./inbound.ts";

/** The inbox id in a stored event. */
export const readSender = createSenderReader(
  (rawEvent) => factRules.codec.parse(rawEvent).senderId,
);
