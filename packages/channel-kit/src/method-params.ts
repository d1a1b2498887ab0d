// What a gateway method was given. Who calls it with something else is told where it is wrong.
import type * as z from "zod";

/** How the host words a call that cannot be understood. */
export interface ParamsProblem {
  readonly code: "INVALID_REQUEST";
  /** Names the parameters and what is expected there; never a value. */
  readonly message: string;
}

/** @returns What the schema makes of the parameters, or what to answer. */
export function readMethodParams<TSchema extends z.ZodType>(
  method: string,
  schema: TSchema,
  params: unknown,
):
  | { readonly value: z.output<TSchema>; readonly problem?: never }
  | { readonly problem: ParamsProblem; readonly value?: never } {
  const parsed = schema.safeParse(params ?? {});
  if (parsed.success) return { value: parsed.data };
  const issues = parsed.error.issues.map(
    ({ message, path }) => `${["params", ...path].join(".")}: ${message}`,
  );
  const message = `${method}: ${[...new Set(issues)].join("; ")}`;
  return { problem: { code: "INVALID_REQUEST", message } };
}
