import { createResolverContext } from "openclaw/plugin-sdk/secret-ref-runtime";
import { describe, expect, it } from "vitest";
import { collectRuntimeConfigAssignments, secretTargetRegistryEntries } from "./secret-contract.ts";

const REF = { source: "env", provider: "default", id: "PHRASE" };

/** Lets the host's own collector run over a section, and says which references it would resolve. */
function collect(mesh: Record<string, unknown>) {
  const context = createResolverContext({ sourceConfig: {}, env: {} });
  collectRuntimeConfigAssignments({ config: { channels: { mesh } }, context });
  return context.assignments;
}

describe("a recovery phrase as a secret reference", () => {
  it("is resolved for the section and put in its place", () => {
    const section = { enabled: true, mnemonic: REF };
    const found = collect(section);
    expect(found.map(({ path }) => path)).toEqual(["channels.mesh.mnemonic"]);
    found[0]?.apply("words");
    expect(section.mnemonic).toBe("words");
  });

  it("is resolved for the section and for named accounts side by side", () => {
    const found = collect({ enabled: true, mnemonic: REF, accounts: { work: { mnemonic: REF } } });
    expect(found.map(({ path }) => path)).toEqual([
      "channels.mesh.mnemonic",
      "channels.mesh.accounts.work.mnemonic",
    ]);
  });

  it("is left alone while nobody uses it", () => {
    expect(collect({ enabled: false, mnemonic: REF })).toEqual([]);
    expect(
      collect({ enabled: true, accounts: { work: { enabled: false, mnemonic: REF } } }),
    ).toEqual([]);
  });

  it("is known to the host by path", () => {
    expect(secretTargetRegistryEntries.map(({ pathPattern }) => pathPattern)).toEqual([
      "channels.mesh.accounts.*.mnemonic",
      "channels.mesh.mnemonic",
    ]);
  });
});
