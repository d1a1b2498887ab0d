import { createSenderReader } from "channel-kit";
import { inboundCodec } from "./inbound.ts";

/** The user id in a stored event. */
export const readSender = createSenderReader((rawEvent) => inboundCodec.parse(rawEvent).peer);
