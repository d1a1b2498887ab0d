import { describe, expect, it } from "vitest";
import { ChannelKitError } from "./errors.ts";
import type { ConnectionState } from "./figures.ts";
import { createStatusReporter } from "./status-reporter.ts";

function createScene() {
  const patches: object[] = [];
  const lines: string[] = [];
  const report = createStatusReporter({
    sink: (patch) => patches.push(patch),
    log: {
      info: (line) => lines.push(`info ${line}`),
      warn: (line) => lines.push(`warn ${line}`),
      error: (line) => lines.push(`error ${line}`),
    },
    accountId: "default",
    network: "relay",
    now: () => 5,
  });
  return { patches, lines, report };
}

/** A connection whose status the test sets; the reporter follows it until the test ends. */
function createConnection(report: ReturnType<typeof createScene>["report"]) {
  let status: ConnectionState = {
    connected: false,
    lastExchangeAtMs: undefined,
    lastInboundAtMs: undefined,
    lastErrorCode: undefined,
    unhandled: 0,
  };
  let listener: (() => void) | undefined;
  const stop = new AbortController();
  const following = report
    .follow(
      {
        status: () => status,
        onStatusChange: (added) => {
          listener = added;
          return () => {
            listener = undefined;
          };
        },
      },
      stop.signal,
    )
    .catch((error: unknown) => error);
  return {
    become: (fields: Partial<ConnectionState>) => {
      status = { ...status, ...fields };
      listener?.();
    },
    end: async () => {
      stop.abort();
      await following;
      return listener;
    },
  };
}

describe("the status", () => {
  it("says nothing before the relay has answered", async () => {
    const { patches, lines, report } = createScene();
    await createConnection(report).end();
    expect([patches, lines]).toEqual([[], []]);
  });

  it("is ready with the first answer, and says so once", async () => {
    const { patches, report } = createScene();
    const connection = createConnection(report);
    connection.become({ connected: true });
    connection.become({ connected: true });
    await connection.end();
    expect(patches).toEqual([
      expect.objectContaining({ connected: true, lifecycle: "ready", lastError: null }),
    ]);
  });

  it("shows now and then that a quiet account is alive", async () => {
    const { patches, report } = createScene();
    const connection = createConnection(report);
    for (const lastExchangeAtMs of [100_000, 101_000, 102_000, 120_000]) {
      connection.become({ lastExchangeAtMs });
    }
    await connection.end();
    expect(patches).toEqual([
      { lastTransportActivityAt: 100_000 },
      { lastTransportActivityAt: 120_000 },
    ]);
  });

  it("is recovering while the relay is out of reach, and ready again afterwards", async () => {
    const { patches, report } = createScene();
    const connection = createConnection(report);
    connection.become({ connected: true });
    connection.become({ connected: false, lastErrorCode: "relay_unreachable" });
    connection.become({ connected: false, lastErrorCode: "relay_unreachable" });
    connection.become({ connected: true, lastErrorCode: undefined });
    await connection.end();
    expect(patches.map((patch) => ("lifecycle" in patch ? patch.lifecycle : ""))).toEqual([
      "ready",
      "recovering",
      "ready",
    ]);
  });

  it("lets go of the connection in the end", async () => {
    const { report } = createScene();
    await expect(createConnection(report).end()).resolves.toBeUndefined();
  });

  it("is blocked when only the operator can help, and not when another try may", () => {
    const { patches, report } = createScene();
    report.failed(new ChannelKitError("identity_mismatch", "two ids"));
    report.failed(new ChannelKitError("already_running", "in use"));
    expect(patches).toEqual([
      {
        lifecycle: "blocked",
        terminalDisconnect: true,
        lastError: "two ids",
        application: { startErrorCode: "identity_mismatch" },
      },
      { lifecycle: "recovering", lastError: "in use" },
    ]);
  });
});

describe("the log", () => {
  it("has the full user id, which people need to write to the bot", () => {
    const { lines, report } = createScene();
    report.identified("demo1abc", { created: true, sessionFile: "/state/session.json" });
    expect(lines).toEqual([
      "info [default] new identity; its recovery phrase is in /state/session.json",
      "info [default] user id demo1abc (people write to the bot under it)",
    ]);
  });

  it("names errors by their code, never by their words", () => {
    const { lines, report } = createScene();
    report.trouble(
      "a message could not be sent",
      Object.assign(new Error("hi Bob"), { code: "x" }),
    );
    report.trouble("a message could not be sent", "hi Bob");
    expect(lines.join()).not.toContain("Bob");
  });
});
