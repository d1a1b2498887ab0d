import * as kit from "channel-kit/terminal";
import { MESH } from "./config-schema.ts";
import type { MeshFigures } from "./figures.ts";

const MEGABYTE = 1_000_000;

/** One account in one line, see {@link kit.describeAccount}. */
export function describeAccount(facts: kit.AccountFacts<MeshFigures>, nowMs: number): string {
  return kit.describeAccount(MESH, facts, nowMs, describeOwn);
}

function describeOwn(figures: MeshFigures): string[] {
  const { links, listeningPort, madeElsewhere, quarantined } = figures;
  const { storedBytes, storedMessages, unsentInMesh } = figures;
  return [
    `${links} ${links === 1 ? "neighbor" : "neighbors"}`,
    ...(listeningPort === undefined ? [] : [`listens at port ${listeningPort}`]),
    `${storedMessages} messages kept (${(storedBytes / MEGABYTE).toFixed(1)} MB)`,
    ...(quarantined === 0 ? [] : [`${quarantined} unverified set apart`]),
    ...(madeElsewhere === 0 ? [] : ["its state is an older copy, or one is at work elsewhere"]),
    ...(unsentInMesh === 0
      ? []
      : [`${unsentInMesh} direct messages wait for a key of their receiver`]),
  ];
}
