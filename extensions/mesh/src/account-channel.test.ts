import { testIdentityPort } from "channel-kit/contracts";
import { describe } from "vitest";
import { meshChannel } from "./account-channel.ts";

describe("identities of this channel keep what the shared rooms count on:", () => {
  testIdentityPort(meshChannel.loadIdentities);
});
