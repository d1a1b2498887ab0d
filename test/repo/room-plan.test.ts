import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { importClosure, runtimeImports } from "../support/import-graph.ts";
import { readJson } from "../support/read-json.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const extensions = readdirSync(path.join(root, "extensions"));

/** The rooms that every extension has, by the same names (docs/architecture.md). */
const ROOMS = [
  "package.json",
  "openclaw.plugin.json",
  "README.md",
  "tsup.config.ts",
  "index.ts",
  "setup-entry.ts",
  ...[
    "account-channel",
    "accounts",
    "channel",
    "client",
    "config-schema",
    "dispatch",
    "errors",
    "gate",
    "gateway",
    "inbound",
    "outbound",
    "pairing",
    "runtime",
    "setup",
    "status",
    "strings",
    "targets",
  ].map((room) => `src/${room}.ts`),
];

/** The one-way flow: a room may not load the rooms named here. Only gateway.ts knows them all. */
const FORBIDDEN: Record<string, readonly string[]> = {
  client: ["inbound", "gate", "dispatch", "outbound", "gateway", "channel"],
  inbound: ["client", "gate", "dispatch", "outbound", "gateway", "channel"],
  gate: ["client", "dispatch", "outbound", "gateway", "channel"],
  dispatch: ["client", "outbound", "gateway", "channel"],
  outbound: ["inbound", "gate", "dispatch", "gateway", "channel"],
};

function localImports(extension: string, room: string): string[] {
  const file = path.join(root, "extensions", extension, "src", `${room}.ts`);
  return runtimeImports(file)
    .filter((specifier) => specifier.startsWith("./"))
    .map((specifier) => path.basename(specifier, ".ts"));
}

describe.each(extensions)("extension %s", (extension) => {
  const folder = path.join(root, "extensions", extension);

  it("has every room of the plan", () => {
    expect(ROOMS.filter((room) => !existsSync(path.join(folder, room)))).toEqual([]);
  });

  it.each(Object.keys(FORBIDDEN))("%s.ts looks only down the flow", (room) => {
    const wrong = localImports(extension, room).filter((name) => FORBIDDEN[room]?.includes(name));
    expect(wrong).toEqual([]);
  });

  it("loads no protocol client and no database for setup", () => {
    const { files, packages } = importClosure(path.join(folder, "setup-entry.ts"));
    const names = [...files].map((file) => path.basename(file));
    expect(names).not.toContain("client.ts");
    expect(names).not.toContain("gateway.ts");
    expect(
      [...packages].filter((name) => /sqlite|-sdk$|sdk-kit|channel-durability/.test(name)),
    ).toEqual([]);
  });

  it("has no node_modules folder, which OpenClaw would refuse to link", () => {
    expect(existsSync(path.join(folder, "node_modules"))).toBe(false);
  });

  it("keeps one id for folder, manifest, channel and package", () => {
    const manifest = readJson(
      path.join(folder, "openclaw.plugin.json"),
      z.object({ id: z.string(), channels: z.array(z.string()) }),
    );
    const pkg = readJson(
      path.join(folder, "package.json"),
      z.object({
        name: z.string(),
        openclaw: z.object({ channel: z.object({ id: z.string() }) }),
      }),
    );
    expect(manifest.id).toBe(extension);
    expect(manifest.channels).toEqual([extension]);
    expect(pkg.openclaw.channel.id).toBe(extension);
    expect(pkg.name).toBe(`@openclaw/${extension}`);
  });
});

it("what all channels share for setup loads no protocol client and no database either", () => {
  for (const entry of ["channel-access", "channel-kit"]) {
    const { packages } = importClosure(path.join(root, "packages", entry, "src", "cold.ts"));
    expect(
      [...packages].filter((name) => /sqlite|-sdk$|sdk-kit|channel-durability/.test(name)),
    ).toEqual([]);
  }
});

describe("the repository", () => {
  it("pins every dependency to one exact version", () => {
    const workspace = readFileSync(path.join(root, "pnpm-workspace.yaml"), "utf8");
    const catalog = workspace.slice(
      workspace.indexOf("\ncatalog:"),
      workspace.indexOf("\nallowBuilds:"),
    );
    const ranges = catalog.split("\n").filter((line) => /:\s*[\^~><*]/.test(line));
    expect(ranges).toEqual([]);
  });

  it("names no registry host and no machine path in its lock files", () => {
    for (const file of [
      "pnpm-lock.yaml",
      "toolchain/node/package-lock.json",
      "toolchain/pnpm/package-lock.json",
    ]) {
      expect(readFileSync(path.join(root, file), "utf8")).not.toMatch(
        /"resolved":|tarball:|["' ]file:/,
      );
    }
  });
});
