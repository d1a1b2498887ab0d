import { readFileSync } from "node:fs";
import * as z from "zod";

/** What the bundler says of a build, as far as it is read here. Paths begin at the extension's folder. */
const MetafileSchema = z.object({
  outputs: z.record(
    z.string(),
    z.object({ imports: z.array(z.object({ path: z.string(), kind: z.string() })) }),
  ),
});

/** The modules of the host that loading an entry loads: in a gateway they are there anyway. */
export function listHostModules(extension: URL, entry: string): string[] {
  const text = readFileSync(new URL("dist/metafile-esm.json", extension), "utf8");
  const { outputs } = MetafileSchema.parse(JSON.parse(text));
  const loaded = new Set<string>();
  const pending = [`dist/${entry}.js`];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (loaded.has(name)) continue;
    loaded.add(name);
    const imports = outputs[name]?.imports ?? [];
    pending.push(
      ...imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path),
    );
  }
  return [...loaded].filter((name) => name.startsWith("openclaw/"));
}
