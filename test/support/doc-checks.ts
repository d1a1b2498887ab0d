import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import * as z from "zod";
import { headingAnchors, relativeLinks, type CodeBlock } from "./markdown.ts";
import { readJson } from "./read-json.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Commands that our pages may show. A new one is added here on purpose. */
const SHELL_COMMANDS = new Set([
  "cd",
  "curl",
  "export",
  "git",
  "mesh",
  "node",
  "npm",
  "openclaw",
  "pnpm",
]);

/** What `mesh` can do. */
const MESH_COMMANDS = new Set(["bootstrap", "join", "send", "tail"]);

/** Top-level commands of the pinned OpenClaw that our pages use, and the plugins' own. */
const OPENCLAW_COMMANDS = new Set([
  "backup",
  "channels",
  "config",
  "convos",
  "doctor",
  "gateway",
  "gossip",
  "logs",
  "memory",
  "mesh",
  "message",
  "onboard",
  "pairing",
  "plugins",
  "secrets",
  "security",
  "sessions",
  "status",
]);

const scripts = Object.keys(
  readJson(path.join(root, "package.json"), z.object({ scripts: z.record(z.string(), z.string()) }))
    .scripts,
);

/** Problems of one shell block: unknown commands, scripts that package.json does not have. */
export function checkShell(block: CodeBlock): string[] {
  const commands = block.code
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((text) => text.replace(/^\$\s+/, "").replace(/(^|\s)#.*$/, ""))
    .flatMap((text) => text.split(/&&|\|\||[|;]/))
    .map((text) => text.trim().replace(/^(?:[A-Z][A-Z0-9_]*=\S*\s+)+/, ""))
    .filter((text) => text !== "");
  return commands
    .map(checkCommand)
    .filter((problem) => problem !== undefined)
    .map((problem) => `${block.file}:${block.line}: ${problem}`);
}

function checkCommand(text: string): string | undefined {
  const [command = "", first = "", second = ""] = text.split(/\s+/);
  if (!SHELL_COMMANDS.has(command)) return `unknown command "${command}"`;
  if (command === "openclaw" && !OPENCLAW_COMMANDS.has(first))
    return `unknown command "openclaw ${first}"`;
  if (command === "mesh" && !MESH_COMMANDS.has(first)) return `unknown command "mesh ${first}"`;
  if (command === "npm" || command === "pnpm") {
    const script = first === "run" ? second : first;
    const isScript = first === "run" || first === "start" || first === "test";
    if (isScript && !scripts.includes(script)) return `package.json has no script "${script}"`;
    if (first === "exec" && !existsSync(path.join(root, "node_modules", ".bin", second)))
      return `no such tool "${second}"`;
  }
  if (command === "node" && /\.[cm]?[jt]s$/.test(first) && !existsSync(path.join(root, first)))
    return `no such file "${first}"`;
  return undefined;
}

/** Scripts named in running text, such as `npm run check`, that package.json does not have. */
export function checkScriptNames(file: string, markdown: string): string[] {
  return [...markdown.matchAll(/npm run (?<script>[\w:-]+)/g)]
    .map((match) => match.groups?.["script"] ?? "")
    .filter((script) => !scripts.includes(script))
    .map((script) => `${file}: package.json has no script "${script}"`);
}

/** "A key or string without double quotes": fine in JSON5, which is what OpenClaw reads. */
const TS_NOT_DOUBLE_QUOTED = 1327;

/** Problems of one `json` or `json5` block: syntax, and a `channels.<id>` part that the plugin would refuse. */
export async function checkJson(block: CodeBlock): Promise<string[]> {
  const where = `${block.file}:${block.line}`;
  const parsed = block.language === "json" ? parseJson(block.code) : parseJson5(block.code);
  if ("problem" in parsed) return [`${where}: ${parsed.problem}`];
  const config = z.object({ channels: z.record(z.string(), z.unknown()) }).safeParse(parsed.value);
  if (!config.success) return [];
  const problems = await Promise.all(
    Object.entries(config.data.channels).map(([channel, section]) =>
      checkSection(channel, section),
    ),
  );
  return problems.flat().map((problem) => `${where}: ${problem}`);
}

type Parsed = { readonly value: unknown } | { readonly problem: string };

function parseJson(text: string): Parsed {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function parseJson5(text: string): Parsed {
  const { config, error }: { config?: unknown; error?: ts.Diagnostic } =
    ts.parseConfigFileTextToJson("block.json5", text);
  return error === undefined || error.code === TS_NOT_DOUBLE_QUOTED
    ? { value: config }
    : { problem: ts.flattenDiagnosticMessageText(error.messageText, " ") };
}

/** Asks the extension's own schema, from which its manifest is made. */
async function checkSection(channel: string, section: unknown): Promise<string[]> {
  const file = path.join(root, "extensions", channel, "src", "config-schema.ts");
  if (!existsSync(file)) return [`no extension "${channel}"`];
  const exports: Record<string, unknown> = await import(pathToFileURL(file).href);
  const found = Object.entries(exports).find(([name]) => name.endsWith("ConfigSchema"))?.[1];
  // A schema, or what makes it when it is needed.
  const schema = isMaker(found) ? found() : found;
  if (!(schema instanceof z.ZodType)) return [`extension "${channel}" has no ConfigSchema`];
  const result = schema.safeParse(section);
  return result.success
    ? []
    : result.error.issues.map(
        ({ path: keys, message }) => `${[channel, ...keys].join(".")}: ${message}`,
      );
}

function isMaker(value: unknown): value is () => unknown {
  return typeof value === "function";
}

/** Relative links of one page that lead nowhere, anchors included. */
export function checkLinks(file: string, markdown: string): string[] {
  return relativeLinks(markdown).flatMap(({ line, target }) => {
    const [name = "", anchor] = target.split("#");
    const page = name === "" ? file : path.join(path.dirname(file), name);
    const where = `${file}:${line}: ${target}`;
    if (!existsSync(path.join(root, page))) return [`${where}: no such file`];
    if (anchor === undefined || !page.endsWith(".md")) return [];
    const text = name === "" ? markdown : readFileSync(path.join(root, page), "utf8");
    return headingAnchors(text).has(anchor) ? [] : [`${where}: no such heading`];
  });
}

/** Import names of the workspace packages and the source file behind each. */
function workspacePaths(): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const kind of ["packages", "extensions"]) {
    for (const folder of readdirSync(path.join(root, kind))) {
      const manifest = path.join(root, kind, folder, "package.json");
      if (!existsSync(manifest)) continue;
      const { name, exports } = readJson(
        manifest,
        z.object({ name: z.string(), exports: z.record(z.string(), z.unknown()).optional() }),
      );
      for (const [subpath, target] of Object.entries(exports ?? {})) {
        if (typeof target !== "string" || !target.endsWith(".ts")) continue;
        found[path.posix.join(name, subpath)] = [path.join(root, kind, folder, target)];
      }
    }
  }
  return found;
}

/**
 * Type-checks TypeScript blocks with the repository's settings, in one compiler run.
 * Each block stands alone and is padded with empty lines, so that the compiler's line is the page's line.
 *
 * @returns One `page:line: message` for each error.
 * @throws When the compiler fails without naming an error.
 */
export function typeCheck(blocks: readonly CodeBlock[]): string[] {
  const folder = path.join(root, ".artifacts", "docs-snippets");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [index, block] of blocks.entries()) {
    writeFileSync(
      path.join(folder, `block-${index}.ts`),
      "\n".repeat(block.line - 1) + block.code + "\nexport {};\n",
    );
  }
  writeFileSync(
    path.join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: path.join(root, "tsconfig.base.json"),
      compilerOptions: {
        noUnusedLocals: false,
        noUnusedParameters: false,
        paths: workspacePaths(),
      },
      include: ["*.ts"],
    }),
  );
  const tsc = path.join(root, "node_modules", ".bin", "tsc");
  const run = spawnSync(tsc, ["-p", folder, "--pretty", "false"], { cwd: root, encoding: "utf8" });
  const problems = run.stdout.split("\n").flatMap((text) => {
    const match = /(?<file>[^\s(]+\.ts)\((?<line>\d+),\d+\): error (?<message>.*)$/.exec(text);
    if (match?.groups === undefined) return [];
    const name = match.groups["file"] ?? "";
    const index = /block-(?<index>\d+)\.ts$/.exec(name)?.groups?.["index"];
    const file = index === undefined ? name : blocks[Number(index)]?.file;
    return [`${file}:${match.groups["line"]}: ${match.groups["message"]}`];
  });
  if (run.status !== 0 && problems.length === 0)
    throw new Error(`tsc failed: ${run.stdout}${run.stderr}`);
  return problems;
}
