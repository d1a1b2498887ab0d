import { describe, expect, it } from "vitest";
import { requireChannelRuntime } from "./runtime.ts";

const runtimeContexts = {
  register: () => ({ dispose: () => {} }),
  get: () => undefined,
  watch: () => () => {},
};

function surface(): NonNullable<Parameters<typeof requireChannelRuntime>[0]> {
  return {
    runtimeContexts,
    inbound: { ingress: { resolveStable: () => {} }, buildContext: () => {}, run: () => {} },
    pairing: { upsertPairingRequest: () => {} },
  };
}

describe("requireChannelRuntime", () => {
  it("gives the same object when everything is there", () => {
    const given = surface();
    expect(requireChannelRuntime(given)).toBe(given);
  });

  it.each([
    ["inbound.ingress.resolveStable", undefined],
    ["inbound.ingress.resolveStable", { runtimeContexts }],
    ["inbound.buildContext", { ...surface(), inbound: { ingress: { resolveStable: () => {} } } }],
    ["pairing.upsertPairingRequest", { ...surface(), pairing: null }],
  ])("names %s when it is missing", (name, given) => {
    expect(() => requireChannelRuntime(given)).toThrow(
      expect.objectContaining({
        code: "runtime_missing",
        message: expect.stringContaining(name),
      }),
    );
  });
});
