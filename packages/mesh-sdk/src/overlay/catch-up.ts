import type { SyncReport } from "../engine/engine.ts";
import type { SyncResponseFrame } from "../frame/frames.ts";
import type { MeshLink } from "../link/mesh-link.ts";
import type { MeshMessage } from "../message/message.ts";
import type { MeshLog, MeshTiming } from "../peer/types.ts";
import type { MeshStore } from "../store/port.ts";
import type { OcPageFrame, OcRangesFrame } from "../sync/sync-frames.ts";

export interface CatchUpDeps {
  readonly store: MeshStore;
  readonly timing: MeshTiming;
  readonly log: MeshLog;
  readonly isWorthReading: (linkId: string, channelId: string) => boolean;
  readonly takePage: (link: MeshLink, messages: readonly MeshMessage[]) => Promise<number>;
}
export class CatchUp {
  constructor(_deps: CatchUpDeps) {}
  async sync(_link: MeshLink, _channelId: string): Promise<SyncReport> { return { received: 0, complete: false }; }
  schedule(_link: MeshLink, _channelIds: Iterable<string>, _o: { full?: boolean } = {}): void {}
  forget(_link: MeshLink): void {}
  take(_link: MeshLink, _frame: SyncResponseFrame | OcPageFrame | OcRangesFrame): void {}
  async settled(): Promise<void> {}
}
