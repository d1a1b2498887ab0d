import { describe, expect, it } from "vitest";
import { ChannelKitError, needsOperator, toStartError } from "./errors.ts";

function coded(code: string): Error {
  return Object.assign(new Error(`secret text behind ${code}`), { code });
}

describe("an error at the start", () => {
  it.each([
    [coded("ENOSPC"), "full", "df -h '/home/pat/.openclaw'"],
    [coded("EFBIG"), "full", "df -h '/home/pat/.openclaw'"],
    [coded("EROFS"), "read-only", "findmnt -T '/home/pat/.openclaw'"],
    [Object.assign(coded("EACCES"), { path: "/mnt/x" }), "'/mnt/x'", "findmnt -T"],
    [coded("EIO"), "fails", "findmnt -T '/home/pat/.openclaw'"],
    [Object.assign(coded("ERR_SQLITE_ERROR"), { errcode: 13 }), "SQLITE_FULL", "df -h"],
    [Object.assign(coded("ERR_SQLITE_ERROR"), { errcode: 1032 }), "SQLITE_READONLY", "findmnt -T"],
  ])("of a disk (%o) says what, where to look, and that nothing was replaced", (cause, ...said) => {
    const packaged = Object.assign(new Error("store", { cause }), { code: "state_unwritable" });
    for (const thrown of [cause, packaged]) {
      const error = toStartError(thrown, { channelId: "demo", stateDir: "/home/pat/.openclaw" });
      expect(error.code).toBe("state_unwritable");
      for (const words of [...said, "Nothing was replaced", "openclaw gateway restart"]) {
        expect(error.message).toContain(words);
      }
      expect(error.message).not.toContain("secret text");
      // Room may be made without anybody telling us.
      expect(needsOperator(error)).toBe(false);
    }
  });

  it("of our own keeps its code and words, and gets the name of the channel once", () => {
    const named = new ChannelKitError("already_running", "demo: in use by process 7");
    expect(toStartError(named, { channelId: "demo" })).toBe(named);
    const bare = new ChannelKitError("already_running", "in use by process 7");
    expect(toStartError(bare, { channelId: "demo" })).toMatchObject({
      code: "already_running",
      message: "demo: in use by process 7",
    });
  });
});
