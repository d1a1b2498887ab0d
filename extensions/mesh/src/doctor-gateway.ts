// Findings that only the running gateway knows, and of these what only Mesh has.
import * as kit from "channel-kit/terminal";
import * as z from "zod";
import { MESH } from "./config-schema.ts";

const FiguresSchema = z.looseObject({ madeElsewhere: z.number().default(0) });

/** Asks the running gateway, see {@link kit.inspectGateway}. */
export function inspectGateway(ask?: kit.AskGateway): Promise<kit.Finding[]> {
  return kit.inspectGateway(MESH, inspectFigures, ask);
}

function inspectFigures(
  application: Readonly<Record<string, unknown>>,
  note: kit.NoteFinding,
): void {
  const figures = FiguresSchema.safeParse(application);
  if (!figures.success || figures.data.madeElsewhere === 0) return;
  note(
    "old-copy",
    "the mesh has messages of this account that its state did not make: a backup was put back, or a cloned machine is at work.",
    "stop the other copy, if there is one, and keep one",
  );
}
