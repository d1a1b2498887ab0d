import { testIdentityPort } from "channel-kit/contracts";
import { describe } from "vitest";
import { convosChannel } from "./account-channel.ts";

describe("identities of this channel keep what the shared rooms count on:", () => {
  testIdentityPort(convosChannel.loadIdentities);
});
