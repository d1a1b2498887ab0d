import { lookup as lookupAll } from "node:dns/promises";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { MeshError } from "../errors.ts";
import { isLoopbackHost } from "../overlay/door.ts";

/** One address of a host. */
export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Asks the resolver for every address of a name. */
export type ResolveHost = (host: string) => Promise<readonly HostAddress[]>;

/** An address that was checked. Connect with its `lookup`: then no second answer of the name server can lead elsewhere. */
export interface PinnedHost {
  readonly address: HostAddress;
  readonly lookup: LookupFunction;
}

/**
 * What may be reached beside the public internet: nothing, this machine by a name of its own (`localhost`, `127.0.0.1`, `::1`), or
 * private networks as well.
 */
export type PrivateReach = false | "loopback" | true;

/** How {@link pinHost} may look for a host. */
export interface HostAccess {
  readonly allowPrivate: boolean;
  readonly resolve: ResolveHost;
}

/** Networks that are not the public internet, https://www.iana.org/assignments/iana-ipv4-special-registry. */
const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // between a provider and its customers; some clouds have their metadata here
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link-local, and the metadata of most clouds
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Parts of 2000::/3 that lead into an IPv4 network or nowhere. All outside of 2000::/3 is refused anyway. */
const SPECIAL_V6: readonly (readonly [string, number])[] = [
  ["2001::", 23], // Teredo and other protocol assignments
  ["2001:db8::", 32],
  ["2002::", 16], // 6to4 holds an IPv4 address
  ["3fff::", 20],
];

const special = new BlockList();
for (const [net, prefix] of SPECIAL_V4) special.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of SPECIAL_V6) special.addSubnet(net, prefix, "ipv6");
const globalV6 = new BlockList();
globalV6.addSubnet("2000::", 3, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** The resolver of this machine. */
export const resolveWithSystem: ResolveHost = async (host) => {
  const found = await lookupAll(host, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/** Whether an address belongs to the public internet: neither this machine, nor a private network, nor a way into one. */
export function isPublicAddress({ address, family }: HostAddress): boolean {
  if (family === 4) return !special.check(address, "ipv4");
  return globalV6.check(address, "ipv6") && !special.check(address, "ipv6");
}

/** How one host may be looked for: with `loopback`, a name of this machine that leads to this machine. */
export function accessTo(hostname: string, reach: PrivateReach, resolve: ResolveHost): HostAccess {
  if (reach !== "loopback" || !isLoopbackHost(hostname)) {
    return { allowPrivate: reach === true, resolve };
  }
  const resolveHere: ResolveHost = async (host) => {
    const found = await resolve(host);
    return found.filter(({ address, family }) => loopback.check(address, `ipv${family}`));
  };
  return { allowPrivate: true, resolve: resolveHere };
}

/**
 * Finds an address to connect to for the host of a URL, and pins it.
 *
 * A name that has one address outside of the public internet is refused as a whole: whoever mixes them wants us to take the
 * wrong one at some later try.
 *
 * @param hostname - As `URL` gives it, with brackets around IPv6.
 * @throws MeshError `unsafe_address` | `network_unreachable` (the name has no address).
 */
export async function pinHost(hostname: string, options: HostAccess): Promise<PinnedHost> {
  const addresses = await findAddresses(hostname, options.resolve);
  const [first] = addresses;
  if (first === undefined) throw new MeshError("network_unreachable", "host: no address");
  if (!options.allowPrivate && !addresses.every(isPublicAddress)) {
    throw new MeshError(
      "unsafe_address",
      "host: an address of this machine or of a private network; allow private addresses for a network of your own",
    );
  }
  return { address: first, lookup: createPinnedLookup(first) };
}

async function findAddresses(
  hostname: string,
  resolve: ResolveHost,
): Promise<readonly HostAddress[]> {
  const literal = hostname.replace(/^\[(.*)\]$/u, "$1");
  const family = isIP(literal);
  if (family === 4 || family === 6) return [{ address: literal, family }];
  try {
    return await resolve(hostname);
  } catch (cause) {
    throw new MeshError("network_unreachable", "host: the name has no address", { cause });
  }
}

function createPinnedLookup({ address, family }: HostAddress): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}
