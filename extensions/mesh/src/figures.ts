// What status says of a running account, and what of that only the mesh has.
import type { LiveFigures } from "channel-kit";
import type { MeshConnectionState } from "./client.ts";

export type OwnFigures = Pick<
  MeshConnectionState,
  | "links"
  | "listeningPort"
  | "madeElsewhere"
  | "provenLinks"
  | "quarantined"
  | "storedBytes"
  | "storedMessages"
  | "unsentInMesh"
>;

export type MeshFigures = LiveFigures & OwnFigures;

export function pickOwnFigures(state: OwnFigures): OwnFigures {
  const { links, listeningPort, madeElsewhere, provenLinks, quarantined } = state;
  const { storedBytes, storedMessages, unsentInMesh } = state;
  return {
    links,
    listeningPort,
    madeElsewhere,
    provenLinks,
    quarantined,
    storedBytes,
    storedMessages,
    unsentInMesh,
  };
}
