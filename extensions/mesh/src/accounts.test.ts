import { describe, expect, it } from "vitest";
import { describeNetwork, listMeshAccountIds, resolveMeshAccount } from "./accounts.ts";

const NO_ENV = {};

function resolve(section: Record<string, unknown>, accountId?: string) {
  return resolveMeshAccount({ channels: { mesh: section } }, accountId, NO_ENV);
}

describe("an account", () => {
  it("dials and listens nowhere, hears nobody, and keeps nobody's words for commands by default", () => {
    expect(resolve({ enabled: true })).toMatchObject({
      enabled: true,
      name: "OpenClaw",
      channels: ["lobby"],
      listen: undefined,
      peers: [],
      bootstrapUrl: undefined,
      allowPrivateAddresses: false,
      allowUnverified: false,
      dmPolicy: "pairing",
      groupPolicy: "allowlist",
      groupAllowFrom: [],
      loopBudget: { messages: 20, minutes: 10 },
      mnemonic: { kind: "generated" },
    });
  });

  it("listens on loopback unless another address is named", () => {
    expect(resolve({ enabled: true, listen: { port: 0 } }).listen).toEqual({
      host: "127.0.0.1",
      port: 0,
      publicHosts: [],
      allowedOrigins: [],
    });
  });

  it("of another name takes over neighbors and rules, and neither key, name nor port", () => {
    const section = {
      enabled: true,
      name: "First",
      mnemonic: "x",
      listen: { port: 5000 },
      peers: ["wss://a.example"],
      groupPolicy: "open",
      loopBudget: { messages: 3 },
      accounts: { work: { loopBudget: { minutes: 1 } } },
    };
    expect(listMeshAccountIds({ channels: { mesh: section } })).toEqual(["default", "work"]);
    expect(resolve(section, "work")).toMatchObject({
      name: "OpenClaw",
      listen: undefined,
      peers: ["wss://a.example"],
      groupPolicy: "open",
      loopBudget: { messages: 3, minutes: 1 },
      mnemonic: { kind: "generated" },
    });
  });

  it("takes the reference's variable for a list where none is configured, if it is an address", () => {
    const cfg = { channels: { mesh: { enabled: true } } };
    const list = (value: string) =>
      resolveMeshAccount(cfg, undefined, { MESH_BOOTSTRAP_URL: value }).bootstrapUrl;
    expect(list("https://mesh.example/list")).toBe("https://mesh.example/list");
    expect([list(""), list("http://internal.example/")]).toEqual([undefined, undefined]);
  });

  it("is named by its network in lists, and shows no secret", () => {
    expect(describeNetwork(resolve({ enabled: true }))).toBe("no peers");
    expect(describeNetwork(resolve({ peers: ["wss://a", "wss://b"] }))).toBe("wss://a and 1 more");
    const account = resolve({ enabled: true, mnemonic: "secret words" });
    expect(JSON.stringify(account)).not.toContain("secret");
  });
});
