import * as kit from "channel-kit/media";
import { CHANNEL_ID } from "./config-schema.ts";

export type { FetchExceptions } from "channel-kit/media";

/** Fetches what somebody says lies on the web, see {@link kit.createFileFetcher}. */
export function createFileFetcher(exceptions?: kit.FetchExceptions): kit.FetchFile {
  return kit.createFileFetcher(CHANNEL_ID, exceptions);
}
