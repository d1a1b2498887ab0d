import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "index.ts",
    "setup-entry": "setup-entry.ts",
    "secret-contract-api": "secret-contract-api.ts",
  },
  format: ["esm"],
  target: "node24",
  platform: "node",
  clean: true,
  splitting: true,
  // Says what is bundled: the notices and the list of parts of the packed plugin are made from it. Not packed itself.
  metafile: true,
  // No native helper of ws is looked for in the folders above the plugin.
  define: {
    "process.env.WS_NO_BUFFER_UTIL": '"1"',
    "process.env.WS_NO_UTF_8_VALIDATE": '"1"',
  },
  // "node:sqlite" has no other name.
  removeNodeProtocol: false,
  // Bundled CommonJS code calls `require` for Node's built-ins, which an ES module does not have.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  // Everything is bundled except the host: OpenClaw installs this one package without its siblings.
  external: [/^openclaw(?:\/|$)/],
  noExternal: [/^(?!openclaw(?:\/|$)|node:)/],
});
