/**
 * Preload for child processes (`node --require`) and setup file of vitest: no connection leaves this machine.
 *
 * TCP (also under TLS, HTTP, fetch and WebSocket), UDP and name lookups of node itself fail with `ENETUNREACH`
 * unless the destination is loopback or a local socket path. Addons that open sockets by themselves and programs
 * other than node are not covered.
 *
 * - `LOOPBACK_GUARD_ALLOW`: comma-separated host names that may be reached all the same (a real model provider).
 * - `LOOPBACK_GUARD_LOG`: file to which each refused destination is appended, one per line.
 */
import dgram from "node:dgram";
import dns from "node:dns";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { formatRequireFlag } from "./require-flag.ts";

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

const INSTALLED = Symbol.for("channel-testing.loopback-guard");
const loopback = new net.BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("0.0.0.0", "ipv4");
loopback.addAddress("::1", "ipv6");
loopback.addAddress("::", "ipv6");

const allowed = new Set(
  (process.env["LOOPBACK_GUARD_ALLOW"] ?? "").split(",").filter((name) => name !== ""),
);

function isAllowed(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  if (name === "" || name === "localhost" || name.endsWith(".localhost") || allowed.has(name))
    return true;
  const family = net.isIP(name);
  return family !== 0 && loopback.check(name, family === 6 ? "ipv6" : "ipv4");
}

function refuse(destination: string): Error {
  const log = process.env["LOOPBACK_GUARD_LOG"];
  if (log !== undefined) appendFileSync(log, `${destination}\n`);
  // The code of a machine without a network, so that callers take the way they take there.
  return Object.assign(new Error(`loopback guard: refused ${destination}`), {
    code: "ENETUNREACH",
  });
}

function hasText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The host and port a `socket.connect(...)` call names; undefined for a local socket path. */
function connectDestination(args: readonly unknown[]): { host: string; port: unknown } | undefined {
  // net.connect() hands its own normalized [options, callback] list on as one argument.
  const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof first === "object" && first !== null) {
    if ("path" in first && hasText(first.path)) return undefined;
    const host = "host" in first && hasText(first.host) ? first.host : "localhost";
    return { host, port: "port" in first ? first.port : undefined };
  }
  // connect(path) or connect(port, host?)
  if (typeof first === "string" && !/^\d+$/.test(first)) return undefined;
  return { host: hasText(args[1]) ? args[1] : "localhost", port: first };
}

/** Replaces one method of `owner`; `guard` returns true when the call may go on as it is. */
function intercept(
  owner: object,
  name: string,
  replacement: (self: unknown, args: unknown[], proceed: () => unknown) => unknown,
): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== "function") return;
  const wrapped: AnyFunction = function (...args) {
    return replacement(this, args, () => Reflect.apply(original, this, args) as unknown);
  };
  // Promisified forms (util.promisify(dns.lookup)) hang on the function itself.
  Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
  Reflect.set(owner, name, wrapped);
}

function guardSockets(): void {
  intercept(net.Socket.prototype, "connect", (self, args, proceed) => {
    const destination = connectDestination(args);
    if (destination === undefined || isAllowed(destination.host)) return proceed();
    const error = refuse(`${destination.host}:${String(destination.port)}`);
    if (self instanceof net.Socket) process.nextTick(() => self.destroy(error));
    return self;
  });
  for (const name of ["send", "connect"]) {
    intercept(dgram.Socket.prototype, name, (_self, args, proceed) => {
      // The address is the only non-empty string that is not the payload: send(msg, ..., port, address), connect(port, address).
      const host = args.slice(1).find(hasText) ?? "localhost";
      if (isAllowed(host)) return proceed();
      const error = refuse(`${host} (udp)`);
      const callback = args.at(-1);
      if (typeof callback !== "function") throw error;
      process.nextTick(callback, error);
      return undefined;
    });
  }
}

function guardLookups(): void {
  const owners: { owner: object; isPromise: boolean }[] = [
    { owner: dns, isPromise: false },
    { owner: dns.Resolver.prototype, isPromise: false },
    { owner: dns.promises, isPromise: true },
    { owner: dns.promises.Resolver.prototype, isPromise: true },
  ];
  for (const { owner, isPromise } of owners) {
    for (const name of lookupNames(owner)) {
      intercept(owner, name, (_self, args, proceed) => {
        const [host] = args;
        if (typeof host !== "string" || isAllowed(host) || (name === "lookup" && net.isIP(host)))
          return proceed();
        const error = refuse(`${host} (dns)`);
        if (isPromise) return Promise.reject(error);
        const callback = args.at(-1);
        if (typeof callback !== "function") throw error;
        process.nextTick(callback, error);
        return undefined;
      });
    }
  }
}

function lookupNames(owner: object): string[] {
  const names = [...Object.keys(owner), ...Object.getOwnPropertyNames(owner)];
  const wanted = /^(lookup|lookupService|reverse|resolve.*)$/;
  return [...new Set(names)].filter((name) => wanted.test(name));
}

if (!Reflect.has(globalThis, INSTALLED)) {
  Reflect.set(globalThis, INSTALLED, true);
  guardSockets();
  guardLookups();
  syncBuiltinESMExports();
  // Children started with this process's environment are guarded too.
  const flag = formatRequireFlag(new URL(import.meta.url));
  const options = process.env["NODE_OPTIONS"] ?? "";
  if (!options.includes(flag)) process.env["NODE_OPTIONS"] = `${options} ${flag}`.trim();
}
