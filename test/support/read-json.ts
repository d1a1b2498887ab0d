import { readFileSync } from "node:fs";
import type { ZodType } from "zod";

/** Reads one JSON file and checks its shape. Throws when either fails. */
export function readJson<T>(file: string, schema: ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(file, "utf8")));
}
