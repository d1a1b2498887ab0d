import { createAccountPatch } from "channel-kit/cold";
import { CHANNEL_ID } from "./config-schema.ts";

/** Writes fields of one account of this channel. */
export const patchAccount = createAccountPatch(CHANNEL_ID);
