/** One fenced code block. `line` is the 1-based line of its first line of code in `file`. */
export interface CodeBlock {
  readonly file: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** A relative link as written, such as `../security.md#what-is-logged`. */
export interface RelativeLink {
  readonly line: number;
  readonly target: string;
}

const OPENING = /^(?<indent>\s*)(?<fence>`{3,}|~{3,})\s*(?<language>[\w-]*)/;

/**
 * Extracts every fenced code block.
 *
 * @param file - Name that problems are reported under.
 * @throws When a fence is never closed.
 */
export function extractCodeBlocks(file: string, markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { fence: string; indent: string; language: string; line: number } | undefined;
  let code: string[] = [];
  for (const [index, text] of markdown.split("\n").entries()) {
    if (open === undefined) {
      const { indent, fence, language } = OPENING.exec(text)?.groups ?? {};
      if (fence === undefined) continue;
      open = { fence, indent: indent ?? "", language: language ?? "", line: index + 2 };
      code = [];
    } else if (text.trim() === open.fence) {
      blocks.push({ file, line: open.line, language: open.language, code: code.join("\n") });
      open = undefined;
    } else {
      code.push(text.startsWith(open.indent) ? text.slice(open.indent.length) : text);
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: code block is never closed`);
  return blocks;
}

/** The lines outside code blocks; code lines become empty, so line numbers stay. */
function proseLines(markdown: string): string[] {
  let fence: string | undefined;
  return markdown.split("\n").map((text) => {
    if (fence === undefined) {
      fence = OPENING.exec(text)?.groups?.["fence"];
      return fence === undefined ? text : "";
    }
    if (text.trim() === fence) fence = undefined;
    return "";
  });
}

/** Every inline link that points into this repository. */
export function relativeLinks(markdown: string): RelativeLink[] {
  return proseLines(markdown).flatMap((text, index) =>
    [...text.matchAll(/\]\((?<target>[^()\s]+)\)/g)]
      .map((match) => match.groups?.["target"] ?? "")
      .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
      .map((target) => ({ line: index + 1, target })),
  );
}

/** The anchors that GitHub gives to the headings of a page. */
export function headingAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const text of proseLines(markdown)) {
    const title = /^#{1,6}\s+(?<title>.+)$/.exec(text)?.groups?.["title"];
    if (title === undefined) continue;
    const plain = title.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim();
    anchors.add(plain.toLowerCase().replaceAll(" ", "-"));
  }
  return anchors;
}
