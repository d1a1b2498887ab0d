/**
 * Preload for one child process: when the process that started it is gone, however it went, this one ends too.
 * The starter holds the other end of the pipe whose number is in `LIFELINE_FD`; its end closes the pipe.
 */
import { Socket } from "node:net";

/** A gateway drains for minutes if its turns hang; an orphan has nobody to drain for. */
const GRACE_MS = 10_000;

const fd = process.env["LIFELINE_FD"];
// Only this process has the pipe; its own children must not look for it.
delete process.env["LIFELINE_FD"];

if (fd !== undefined) {
  const pipe = new Socket({ fd: Number(fd) });
  const leave = (): void => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), GRACE_MS).unref();
  };
  pipe.once("error", leave).once("close", leave).resume().unref();
}
