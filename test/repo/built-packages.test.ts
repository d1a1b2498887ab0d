import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readJson } from "../support/read-json.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const Dependencies = z.record(z.string(), z.string()).optional();
const ManifestSchema = z.object({ dependencies: Dependencies, peerDependencies: Dependencies });

/** Runs a script in plain Node, as somebody who installed the built package would. */
function runNode(source: string): { status: number | null; output: string } {
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", source], {
    cwd: root,
    encoding: "utf8",
  });
  return { status: run.status, output: run.stdout + run.stderr };
}

function built(...parts: string[]): string {
  return JSON.stringify(path.join(root, ...parts));
}

describe("built packages", () => {
  it("a relay and a client of the built files talk, with the scan in its worker", () => {
    const { status, output } = runNode(`
      import { mkdtempSync, rmSync } from "node:fs";
      import { tmpdir } from "node:os";
      import path from "node:path";
      const sdk = await import(${built("packages/gossip-sdk/dist/index.js")});
      const { startRelay } = await import(${built("packages/gossip-relay/dist/index.js")});
      const relay = await startRelay({});
      const folder = mkdtempSync(path.join(tmpdir(), "built-"));
      const stop = new AbortController();
      const open = async (name, shouldAccept) => sdk.GossipClient.open({
        identity: await sdk.identityFromMnemonic(sdk.generateMnemonic(12), sdk.defaultCrypto()),
        relay: sdk.createHttpRelayClient({ url: relay.url }),
        databasePath: path.join(folder, name, "gossip.db"),
        shouldAccept,
      });
      const alice = await open("alice", () => false);
      const bob = await open("bob", () => true);
      const runs = [alice.run({ signal: stop.signal }), bob.run({ signal: stop.signal })];
      while (true) {
        try { await alice.requestContact(bob.userId); break; }
        catch (error) { if (error.code !== "unknown_peer") throw error; await new Promise(setImmediate); }
      }
      await alice.send(bob.userId, { type: "text", text: "hello" });
      for await (const event of bob.events({ signal: stop.signal })) {
        bob.markHandled(event.id);
        if (event.type === "message") { console.log("got " + event.text); break; }
      }
      stop.abort();
      await Promise.all(runs);
      await alice[Symbol.asyncDispose]();
      await bob[Symbol.asyncDispose]();
      await relay.close();
      rmSync(folder, { recursive: true });
    `);
    expect(output).toContain("got hello");
    expect(status).toBe(0);
  });

  it.each(["convos-node-sdk", "gossip-sdk"])(
    "%s can be published: code and types name only what its package.json asks for",
    (name) => {
      const folder = path.join(root, "packages", name);
      const manifest = readJson(path.join(folder, "package.json"), ManifestSchema);
      const asked = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
      const files = readdirSync(path.join(folder, "dist"), { recursive: true, encoding: "utf8" });
      const code = files.filter((file) => /\.(js|d\.ts)$/.test(file));
      const named = code.flatMap((file) =>
        ts
          .preProcessFile(readFileSync(path.join(folder, "dist", file), "utf8"))
          .importedFiles.map(({ fileName }) => fileName),
      );
      const foreign = named.filter(
        (specifier) =>
          !specifier.startsWith(".") &&
          !isBuiltin(specifier) &&
          !asked.some((part) => specifier === part || specifier.startsWith(`${part}/`)),
      );
      expect(named).toContain("node:sqlite");
      expect(foreign).toEqual([]);
    },
  );

  it("the id part of the SDK loads alone", () => {
    const { output } = runNode(`
      const { tryParseUserId } = await import(${built("packages/gossip-sdk/dist/user-id.js")});
      console.log(tryParseUserId("nobody"));
    `);
    expect(output).toBe("undefined\n");
  });
});
