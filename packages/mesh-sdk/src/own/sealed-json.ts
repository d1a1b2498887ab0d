import type { Sealer } from "sdk-kit";
import type * as z from "zod";
import { MeshError } from "../errors.ts";

/** Where a sealed value lies: it opens nowhere else. */
interface SealedPlace {
  readonly table: string;
  readonly rowKey: Uint8Array;
}

export function sealJson(
  sealer: Sealer,
  value: unknown,
  { table, rowKey }: SealedPlace,
): Uint8Array {
  return sealer.seal(table, rowKey, Buffer.from(JSON.stringify(value)));
}

/** @throws MeshError `state_unreadable` for a value that was changed or has another form. */
export function openJson<T>(
  sealer: Sealer,
  schema: z.ZodType<T>,
  { table, rowKey, sealed }: SealedPlace & { readonly sealed: Uint8Array },
): T {
  const text = Buffer.from(sealer.open(table, rowKey, sealed)).toString("utf8");
  const parsed = schema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new MeshError("state_unreadable", `store: a value of ${table} has another form`);
}
