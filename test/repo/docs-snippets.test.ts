import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import {
  checkJson,
  checkLinks,
  checkScriptNames,
  checkShell,
  typeCheck,
} from "../support/doc-checks.ts";
import { extractCodeBlocks, type CodeBlock } from "../support/markdown.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = globSync(
  ["*.md", "docs/**/*.md", "packages/*/README.md", "extensions/*/README.md", "examples/*.md"],
  { cwd: root },
).map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));
const blocks = pages.flatMap(({ file, text }) => extractCodeBlocks(file, text));

const LANGUAGES = new Set(["ts", "json", "json5", "sh", "bash", "text", "mermaid"]);

function isLanguage(...languages: string[]): (block: CodeBlock) => boolean {
  return ({ language }) => languages.includes(language);
}

function badBlock(language: string, ...code: string[]): CodeBlock {
  return { file: "bad.md", line: 7, language, code: code.join("\n") };
}

describe("pages of the repository", () => {
  it("name the language of every code block, one that is checked here", () => {
    const wrong = blocks
      .filter(({ language }) => !LANGUAGES.has(language))
      .map(({ file, line, language }) => `${file}:${line}: "${language}"`);
    expect(wrong).toEqual([]);
  });

  it("show shell commands that exist", () => {
    expect(blocks.filter(isLanguage("sh", "bash")).flatMap(checkShell)).toEqual([]);
  });

  it("name npm scripts that exist", () => {
    expect(pages.flatMap(({ file, text }) => checkScriptNames(file, text))).toEqual([]);
  });

  it("show JSON that parses and channel configurations that the plugin accepts", async () => {
    const problems = await Promise.all(blocks.filter(isLanguage("json", "json5")).map(checkJson));
    expect(problems.flat()).toEqual([]);
  });

  it("link only to files and headings that exist", () => {
    expect(pages.flatMap(({ file, text }) => checkLinks(file, text))).toEqual([]);
  });
});

describe("TypeScript in the pages", () => {
  const bad = badBlock("ts", 'import { sep } from "node:path";', "const wrong: number = sep;");
  let problems: string[] = [];

  beforeAll(() => {
    problems = typeCheck([...blocks.filter(isLanguage("ts")), bad]);
  });

  it("compiles with the repository's settings", () => {
    expect(problems.filter((problem) => !problem.startsWith(bad.file))).toEqual([]);
  });

  it("would be refused with a type error, at the line of the page", () => {
    const own = problems.filter((problem) => problem.startsWith(bad.file));
    expect(own).toEqual([expect.stringMatching(/^bad\.md:8: TS2322/)]);
  });
});

describe("the checks themselves", () => {
  it.each([
    ["npm run nothing-like-this", 'package.json has no script "nothing-like-this"'],
    ["openclaw frobnicate gossip", 'unknown command "openclaw frobnicate"'],
    ["mesh frobnicate lobby", 'unknown command "mesh frobnicate"'],
    ["git status && sudo reboot", 'unknown command "sudo"'],
    ["node scripts/missing.ts", 'no such file "scripts/missing.ts"'],
    ["A=1 pnpm exec missing-tool", 'no such tool "missing-tool"'],
  ])("refuse the command %s", (command, problem) => {
    expect(checkShell(badBlock("sh", command))).toEqual([`bad.md:7: ${problem}`]);
  });

  it("refuse broken JSON and JSON5", async () => {
    expect(await checkJson(badBlock("json", "{ a: 1 }"))).toHaveLength(1);
    expect(await checkJson(badBlock("json5", "{ a: 1, b: }"))).toHaveLength(1);
    expect(await checkJson(badBlock("json5", "{ a: 'x', /* why */ b: [1,], }"))).toEqual([]);
  });

  it.each([
    ["an unknown key", '{"channels":{"gossip":{"noSuchKey":1}}}', /noSuchKey/],
    ["a rule that is broken", '{"channels":{"gossip":{"dmPolicy":"open"}}}', /gossip\.allowFrom/],
    ["an unknown channel", '{"channels":{"pigeon":{}}}', /no extension "pigeon"/],
  ])("refuse a channel configuration with %s", async (_what, text, problem) => {
    expect(await checkJson(badBlock("json", text))).toEqual([expect.stringMatching(problem)]);
  });

  it("refuse links to missing files and headings", () => {
    const text = "# One\n[a](missing.md) [b](#one) [c](#two) \n```sh\n[e](y)\n```\n";
    expect(checkLinks("README.md", text)).toEqual([
      "README.md:2: missing.md: no such file",
      "README.md:2: #two: no such heading",
    ]);
  });

  it("find a script that is only named in running text", () => {
    expect(checkScriptNames("a.md", "Then `npm run nothing-like-this`.")).toHaveLength(1);
  });

  it("read blocks that are indented and report their line", () => {
    const text = "1. Do:\n\n   ```sh\n   npm test\n   ```\n";
    expect(extractCodeBlocks("a.md", text)).toEqual([
      { file: "a.md", line: 4, language: "sh", code: "npm test" },
    ]);
    expect(() => extractCodeBlocks("a.md", "```ts\nlet x")).toThrow("never closed");
  });
});
