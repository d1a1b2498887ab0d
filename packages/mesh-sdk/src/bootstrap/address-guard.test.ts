import { expect, it } from "vitest";
import { accessTo, isPublicAddress, pinHost, type HostAddress } from "./address-guard.ts";

const of = (address: string): HostAddress => ({ address, family: address.includes(":") ? 6 : 4 });
const resolveMixed = async (): Promise<HostAddress[]> => [of("1.1.1.1"), of("10.0.0.1")];
const resolveHereToo = async (): Promise<HostAddress[]> => [of("10.0.0.1"), of("127.0.0.1")];
const refuseToResolve = async (): Promise<never> => {
  throw new Error("asked the resolver for an address");
};

it.each(["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"])(
  "takes %s for public",
  (address) => expect(isPublicAddress(of(address))).toBe(true),
);

it.each([
  "0.0.0.0",
  "10.1.2.3",
  "100.100.100.200",
  "127.0.0.1",
  "127.255.255.254",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "100::1",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "fec0::1",
  "ff02::1",
])("refuses %s", async (address) => {
  expect(isPublicAddress(of(address))).toBe(false);
  const { hostname } = new URL(`ws://${address.includes(":") ? `[${address}]` : address}/`);
  await expect(
    pinHost(hostname, { allowPrivate: false, resolve: refuseToResolve }),
  ).rejects.toMatchObject({ code: "unsafe_address" });
});

it.each(["ws://2130706433/", "ws://0x7f.1/", "ws://127.1/", "ws://0177.0.0.1/"])(
  "sees through %s",
  async (url) => {
    const { hostname } = new URL(url);
    await expect(
      pinHost(hostname, { allowPrivate: false, resolve: refuseToResolve }),
    ).rejects.toMatchObject({ code: "unsafe_address" });
  },
);

it("refuses a name with one address inside, whichever comes first", async () => {
  await expect(
    pinHost("mixed.example", { allowPrivate: false, resolve: resolveMixed }),
  ).rejects.toMatchObject({
    code: "unsafe_address",
  });
  await expect(
    pinHost("mixed.example", { allowPrivate: true, resolve: resolveMixed }),
  ).resolves.toMatchObject({ address: { address: "1.1.1.1" } });
});

it("pins the address that was checked: the name is not resolved again", async () => {
  const { lookup } = await pinHost("relay.example", {
    allowPrivate: false,
    resolve: async () => [of("1.1.1.1")],
  });
  const asked: unknown[] = [];
  lookup("relay.example", {}, (...answer) => asked.push(answer));
  lookup("relay.example", { all: true }, (...answer) => asked.push(answer));
  expect(asked).toEqual([
    [null, "1.1.1.1", 4],
    [null, [{ address: "1.1.1.1", family: 4 }]],
  ]);
});

it("says that a name without an address cannot be reached", async () => {
  await expect(
    pinHost("nowhere.example", { allowPrivate: true, resolve: async () => [] }),
  ).rejects.toMatchObject({ code: "network_unreachable" });
});

it.each(["localhost", "127.0.0.1", "[::1]"])(
  "reaches %s where this machine is allowed",
  async (host) => {
    const { address } = await pinHost(host, accessTo(host, "loopback", resolveHereToo));
    expect(["127.0.0.1", "::1"]).toContain(address.address);
  },
);

it("does not take a name of this machine for it when it leads elsewhere", async () => {
  const access = accessTo("localhost", "loopback", async () => [of("10.0.0.1")]);
  await expect(pinHost("localhost", access)).rejects.toMatchObject({ code: "network_unreachable" });
});

it.each(["10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "0.0.0.0", "inside.example"])(
  "refuses %s where this machine alone is allowed",
  async (host) => {
    const access = accessTo(host, "loopback", async () => [of("127.0.0.1")]);
    await expect(pinHost(host, access)).rejects.toMatchObject({ code: "unsafe_address" });
  },
);

it.each([
  [false, false],
  [true, true],
] as const)("with %s asks the resolver as it is", (reach, allowPrivate) => {
  expect(accessTo("localhost", reach, resolveMixed)).toEqual({
    allowPrivate,
    resolve: resolveMixed,
  });
});
