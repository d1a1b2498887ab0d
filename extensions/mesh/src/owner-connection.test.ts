import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createOwnerDesk } from "channel-kit";
import { expect, it } from "vitest";
import { resolveMeshAccount } from "./accounts.ts";
import { withOwnerConnection } from "./owner-connection.ts";

it("gives up when no neighbor is there in time, and says what to look at", async () => {
  const stateDir = mkdtempSync(path.join(tmpdir(), "mesh-owner-"));
  const options = {
    stateDir,
    account: resolveMeshAccount({ channels: { mesh: { enabled: true } } }, "default", {}),
    desk: createOwnerDesk(),
    signal: new AbortController().signal,
    reachWithinMs: 50,
  };
  try {
    const waiting = withOwnerConnection(options, (connection) => connection.whenReachable());
    await expect(waiting).rejects.toMatchObject({
      code: "start_failed",
      message: expect.stringContaining("openclaw config get channels.mesh"),
    });
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
});
