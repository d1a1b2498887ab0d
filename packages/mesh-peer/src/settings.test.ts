import path from "node:path";
import { describe, expect, it } from "vitest";
import { resolveFolder } from "./environment.ts";
import { resolveJoinSettings, resolveListSettings } from "./settings.ts";

const NOTHING = { channels: [], peers: [] };

function portOf(env: Record<string, string>): number {
  return resolveJoinSettings(env, NOTHING).port;
}

describe("the settings of mesh join", () => {
  it("are those that the reference documents when nothing is set, signed, and without private addresses", () => {
    expect(resolveJoinSettings({}, NOTHING)).toEqual({
      host: "0.0.0.0",
      port: 5000,
      folder: path.resolve("data/mesh"),
      keyFolder: path.resolve("data/keys"),
      apiPort: 5050,
      channels: ["lobby"],
      peers: [],
      bootstrapUrl: undefined,
      bootstrapSigner: undefined,
      allowPrivateAddresses: false,
      acceptUnverified: false,
      plainPeers: [],
      publicHosts: [],
      allowedOrigins: [],
      profileName: undefined,
    });
  });

  it("take PORT before MESH_PEER_PORT, as the reference does, and an empty variable as none", () => {
    expect(portOf({ PORT: "6000", MESH_PEER_PORT: "7000" })).toBe(6000);
    expect(portOf({ PORT: "", MESH_PEER_PORT: "7000" })).toBe(7000);
    expect(portOf({ PORT: "0" })).toBe(0);
  });

  it.each([
    [{ MESH_BOOTSTRAP_URL: "https://example.org/bootstrap.json" }, false],
    [{ MESH_BOOTSTRAP_URL: "http://192.168.1.5/bootstrap.json" }, false],
    [{ MESH_BOOTSTRAP_URL: "http://localhost:4000/bootstrap.json" }, "loopback"],
    [{ MESH_BOOTSTRAP_URL: "http://127.0.0.9:4000/bootstrap.json" }, "loopback"],
    [{ MESH_BOOTSTRAP_URL: "http://[::1]:4000/", MESH_ALLOW_PRIVATE: "1" }, true],
    [{ MESH_ALLOW_PRIVATE: "1" }, true],
  ])("with %j dial private addresses: %s", (env, allowed) => {
    expect(resolveJoinSettings(env, NOTHING).allowPrivateAddresses).toBe(allowed);
  });

  it("look for the reference's list on this machine in a network of one's own only", () => {
    const own = resolveJoinSettings({ MESH_ALLOW_PRIVATE: "1" }, NOTHING);
    expect(own.bootstrapUrl).toBe("http://localhost:4000/bootstrap.json");
    const none = { MESH_ALLOW_PRIVATE: "1", MESH_BOOTSTRAP_URL: "none" };
    expect(resolveJoinSettings(none, NOTHING).bootstrapUrl).toBeUndefined();
  });

  it("join channels and peers of the command line before those of the environment", () => {
    const env = { MESH_CHANNELS: "lobby, #dev,", MESH_PEERS: "wss://a.example" };
    expect(resolveJoinSettings(env, NOTHING).channels).toEqual(["lobby", "#dev"]);
    const args = { channels: ["#ops"], peers: ["ws://b.example:5000"] };
    expect(resolveJoinSettings(env, args)).toMatchObject({
      channels: ["#ops"],
      peers: ["ws://b.example:5000", "wss://a.example"],
    });
  });

  it.each([
    [{ PORT: "99999" }, "PORT: expected a port, 0 to 65535; see mesh --help"],
    [{ PORT: "5e3" }, "PORT: expected a port, 0 to 65535; see mesh --help"],
    [
      { MESH_PEERS: "http://secret.example" },
      "--peer (or MESH_PEERS): expected an address that begins with ws:// or wss://; see mesh --help",
    ],
    [
      { MESH_BOOTSTRAP_URL: "file:///etc/passwd" },
      "MESH_BOOTSTRAP_URL: expected an http: or https: address of a list, or none; see mesh --help",
    ],
    [
      { MESH_BOOTSTRAP_SIGNER: "short" },
      "MESH_BOOTSTRAP_SIGNER: expected the id of a peer, 43 characters; see mesh --help",
    ],
    [
      { MESH_PLAIN_PEERS: "bob" },
      "MESH_PLAIN_PEERS: expected ids of peers, 43 characters each, with commas between; see mesh --help",
    ],
    [{ MESH_ALLOW_PRIVATE: "yes" }, "MESH_ALLOW_PRIVATE: expected 1 or 0; see mesh --help"],
  ])("refuse %j by the name of the variable and without its value", (env, message) => {
    expect(() => resolveJoinSettings(env, NOTHING)).toThrow(
      expect.objectContaining({ code: "usage", message }),
    );
  });
});

describe("the folder", () => {
  it.each([
    [{}, "data/mesh"],
    [{ MESH_STORE_PATH: "/srv/bot/mesh.db" }, "/srv/bot/mesh"],
    [{ MESH_STORE_PATH: "/srv/bot/state" }, "/srv/bot/state"],
  ])("lies beside the reference's database for %j", (env, folder) => {
    expect(resolveFolder(env)).toBe(path.resolve(folder));
  });
});

it("of mesh bootstrap are those of the reference", () => {
  expect(resolveListSettings({})).toEqual({
    host: "0.0.0.0",
    port: 4000,
    file: path.resolve("website/bootstrap.json"),
    keyFolder: path.resolve("data/keys"),
  });
});
