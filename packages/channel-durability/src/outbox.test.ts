import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  FakeTransport,
  notDispatched,
  parseTestBody,
  type TestBody,
} from "../test-support/fake-transport.ts";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import type { Outbox, OutboxOptions, OutboxStep, WithdrawnMessage } from "./outbox-contract.ts";
import { openOutbox } from "./outbox.ts";
import type { OutboxEntry } from "./outbox-rows.ts";

const HOUR_MS = 60 * 60 * 1000;

let temporary: TemporaryStore;
let transport: FakeTransport;

beforeEach(() => {
  temporary = new TemporaryStore();
  transport = new FakeTransport();
});
afterEach(() => {
  temporary[Symbol.dispose]();
});

function open(options: Partial<OutboxOptions<TestBody>> = {}): Outbox<TestBody> {
  return openOutbox<TestBody>({
    store: temporary.store,
    transport,
    parseBody: parseTestBody,
    ...options,
  });
}

/** The outbox as a new process finds it. */
function reopen(options: Partial<OutboxOptions<TestBody>> = {}): Outbox<TestBody> {
  temporary.reopen();
  transport.before = undefined;
  transport.after = undefined;
  return open(options);
}

function entry(queueId: string, text = "hello", partIndex = 0): OutboxEntry<TestBody> {
  return { queueId, partIndex, partCount: 1, target: "alice", body: { text } };
}

/** Stands for the process being killed at this point: nothing after it happens. */
function killAt(step: OutboxStep): Pick<OutboxOptions<TestBody>, "checkpoint"> {
  return {
    checkpoint: (reached) => {
      if (reached === step) {
        throw new Error("killed");
      }
    },
  };
}

function resend(outbox: Outbox<TestBody>): ReturnType<Outbox<TestBody>["resendUnsent"]> {
  return outbox.resendUnsent({ signal: new AbortController().signal });
}

/** Leaves messages as a process does that is killed between commit and network. */
async function leaveUnsent(...entries: OutboxEntry<TestBody>[]): Promise<void> {
  const outbox = open(killAt("announced"));
  for (const left of entries) {
    await expect(outbox.send(left)).rejects.toThrow("killed");
  }
}

function unsentRows(): number {
  const row = temporary.store.get("SELECT count(*) AS n FROM outbox WHERE sent_at IS NULL");
  return Number(row?.["n"]);
}

describe("send", () => {
  it("commits the message before it reaches the network", async () => {
    let rowsAtSend = 0;
    transport.before = async () => {
      rowsAtSend = unsentRows();
    };
    const { nativeId, isReplay } = await open().send(entry("q1"));
    expect(rowsAtSend).toBe(1);
    expect(unsentRows()).toBe(0);
    expect(isReplay).toBe(false);
    expect(transport.arrivals).toEqual([
      { text: "hello", id: nativeId.replace("native-", ""), isResend: false },
    ]);
  });

  it("sends one message for the same key used twice at once", async () => {
    const outbox = open();
    const hold = Promise.withResolvers<void>();
    transport.before = () => hold.promise;
    const both = Promise.all([outbox.send(entry("q1")), outbox.send(entry("q1", "other"))]);
    hold.resolve();
    const [first, second] = await both;
    expect(second.nativeId).toBe(first.nativeId);
    expect([first.isReplay, second.isReplay]).toEqual([false, true]);
    expect(transport.arrivals).toHaveLength(1);
  });

  it("answers a replay with the first message, also after a restart", async () => {
    const first = await open().send(entry("q1"));
    const again = await reopen().send(entry("q1", "other text"));
    expect(again).toEqual({ nativeId: first.nativeId, isReplay: true });
    expect(transport.arrivals).toHaveLength(1);
  });

  it("sends the parts of one answer under ids of their own", async () => {
    const outbox = open();
    await outbox.send(entry("q1", "part 0", 0));
    await outbox.send(entry("q1", "part 1", 1));
    expect(transport.visible).toEqual(["part 0", "part 1"]);
  });

  it("tells the host before the send and asks it at the last moment", async () => {
    const order: string[] = [];
    transport.before = async () => {
      order.push("transport");
    };
    transport.after = async () => {
      order.push("network");
    };
    await open().send(entry("q1"), {
      onPlatformSendDispatch: async () => {
        order.push("announced");
      },
      assertDirectAdapterHandoff: () => order.push("asserted"),
    });
    expect(order).toEqual(["announced", "transport", "asserted", "network"]);
  });

  it.each([
    ["refuses the announcement", { onPlatformSendDispatch: () => Promise.reject(new Error("no")) }],
    [
      "refuses the handoff",
      {
        assertDirectAdapterHandoff: () => {
          throw new Error("no");
        },
      },
    ],
  ])("sends nothing and owes nothing when the host %s", async (_name, hooks) => {
    await expect(open().send(entry("q1"), hooks)).rejects.toThrow("no");
    expect(transport.arrivals).toEqual([]);
    expect(unsentRows()).toBe(0);
  });

  it("sends nothing and owes nothing when the caller gave up before", async () => {
    const signal = AbortSignal.abort(new Error("stopped"));
    await expect(open().send(entry("q1"), { signal })).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
    });
    expect(transport.arrivals).toEqual([]);
    expect(unsentRows()).toBe(0);
  });

  it("keeps an older row when the host refuses a replay of it", async () => {
    await expect(open(killAt("announced")).send(entry("q1"))).rejects.toThrow("killed");
    const hooks = { onPlatformSendDispatch: () => Promise.reject(new Error("no")) };
    await expect(reopen().send(entry("q1"), hooks)).rejects.toThrow("no");
    expect(unsentRows()).toBe(1);
  });

  it("sends for the second caller when the first one took its message back", async () => {
    const outbox = open();
    const hold = Promise.withResolvers<void>();
    const first = outbox.send(entry("q1"), {
      onPlatformSendDispatch: async () => {
        await hold.promise;
        throw new Error("first caller stopped");
      },
    });
    const second = outbox.send(entry("q1"));
    hold.resolve();
    await expect(first).rejects.toThrow("first caller stopped");
    await expect(second).resolves.toMatchObject({ isReplay: false });
    expect(transport.visible).toEqual(["hello"]);
  });

  it("keeps the row when nothing could leave, and lets the host's error through", async () => {
    transport.before = () => Promise.reject(notDispatched());
    const outbox = open();
    await expect(outbox.send(entry("q1"))).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
    });
    expect(unsentRows()).toBe(1);
    transport.before = undefined;
    await outbox.send(entry("q1"));
    expect(transport.visible).toEqual(["hello"]);
  });

  it("keeps the row when a message perhaps left, and repeats it under the same id", async () => {
    const outbox = open();
    transport.after = () => Promise.reject(new Error("connection lost"));
    await expect(outbox.send(entry("q1"))).rejects.toThrow("connection lost");
    transport.after = undefined;
    await outbox.send(entry("q1"));
    expect(transport.arrivals.map(({ isResend }) => isResend)).toEqual([false, true]);
    expect(transport.visible).toEqual(["hello"]);
  });

  it("says that nothing left when the message could not be stored", async () => {
    temporary.store.write(() =>
      temporary.store.run(
        "CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(FAIL, 'disk full'); END",
      ),
    );
    await expect(open().send(entry("q1"))).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
    });
    expect(transport.arrivals).toEqual([]);
  });

  it("succeeds when only the id of a message that left could not be noted", async () => {
    const errors: unknown[] = [];
    transport.after = async () => {
      temporary.store.close();
    };
    const outbox = open({ onError: (error) => errors.push(error) });
    await expect(outbox.send(entry("q1"))).resolves.toMatchObject({ isReplay: false });
    expect(errors).toEqual([expect.objectContaining({ code: "closed" })]);
  });

  it("reports a transport that does not ask before it sends", async () => {
    const errors: unknown[] = [];
    transport.skipsHandoff = true;
    await open({ onError: (error) => errors.push(error) }).send(entry("q1"));
    expect(errors).toEqual([expect.objectContaining({ code: "handoff_skipped" })]);
  });

  it("starts over with a row that was damaged on disk", async () => {
    await expect(open(killAt("committed")).send(entry("q1", "old"))).rejects.toThrow("killed");
    temporary.store.write(() => temporary.store.run("UPDATE outbox SET body = x'00'"));
    await reopen().send(entry("q1", "new"));
    expect(transport.visible).toEqual(["new"]);
  });

  it.each([
    ["queue id", { ...entry("  ") }],
    ["part index", { ...entry("q1"), partIndex: -1 }],
  ])("refuses an impossible %s", async (_name, impossible) => {
    await expect(open().send(impossible)).rejects.toMatchObject({ code: "invalid_id" });
  });
});

describe("a process killed during a send", () => {
  it.each<[OutboxStep, number]>([
    ["before_commit", 0],
    ["committed", 1],
    ["announced", 1],
    ["sent", 1],
    ["stored", 1],
  ])(
    "at %s leaves a message that is visible once after the host's replay",
    async (step, atStart) => {
      await expect(open(killAt(step)).send(entry("q1"))).rejects.toThrow("killed");
      const outbox = reopen();
      await resend(outbox);
      expect(transport.visible).toHaveLength(atStart);
      await outbox.send(entry("q1"));
      expect(transport.visible).toEqual(["hello"]);
    },
  );

  it("at any point leaves a message that is visible once after the host's reconciliation", async () => {
    for (const step of ["committed", "announced", "sent", "stored"] as const) {
      await expect(open(killAt(step)).send(entry(step, step))).rejects.toThrow("killed");
      await expect(reopen().reconcile(step)).resolves.toMatchObject({ status: "sent" });
    }
    expect(transport.visible).toEqual(["committed", "announced", "sent", "stored"]);
  });
});

describe("sendBestEffort", () => {
  it("sends without a row, under a new id each time", async () => {
    const outbox = open();
    await outbox.sendBestEffort({ text: "notice" });
    await outbox.sendBestEffort({ text: "notice" });
    expect(new Set(transport.arrivals.map(({ id }) => id)).size).toBe(2);
    expect(temporary.store.get("SELECT count(*) AS n FROM outbox")).toEqual({ n: 0 });
  });

  it("asks the host too", async () => {
    const hooks = {
      assertDirectAdapterHandoff: () => {
        throw new Error("no");
      },
    };
    await expect(open().sendBestEffort({ text: "notice" }, hooks)).rejects.toThrow("no");
    expect(transport.arrivals).toEqual([]);
  });
});

describe("resendUnsent", () => {
  it("sends what an earlier process left, in order, and marks it as a repetition", async () => {
    await leaveUnsent(entry("q1", "one"), entry("q2", "two"), entry("q3", "three"));
    const outbox = reopen();
    await expect(resend(outbox)).resolves.toEqual({ sent: 3, failed: 0, dropped: 0 });
    expect(transport.arrivals.map(({ text, isResend }) => [text, isResend])).toEqual([
      ["one", true],
      ["two", true],
      ["three", true],
    ]);
    await expect(resend(outbox)).resolves.toEqual({ sent: 0, failed: 0, dropped: 0 });
  });

  it("drops what is too old, and says so", async () => {
    await leaveUnsent(entry("old"));
    temporary.clock.nowMs += 5 * HOUR_MS;
    await leaveUnsent(entry("young"));
    temporary.clock.nowMs += 2 * HOUR_MS;
    const dropped: unknown[] = [];
    const outbox = reopen({ onDropped: (row) => dropped.push(row) });
    await expect(resend(outbox)).resolves.toEqual({ sent: 1, failed: 0, dropped: 1 });
    expect(dropped).toEqual([
      {
        key: "old/0",
        createdAtMs: temporary.clock.nowMs - 7 * HOUR_MS,
        reason: "expired",
        message: { target: "alice", messageId: expect.any(Function) },
      },
    ]);
    await expect(outbox.reconcile("old")).resolves.toEqual({ status: "not_sent" });
  });

  it("drops what goes to somebody who lost access meanwhile", async () => {
    await leaveUnsent(entry("q1"));
    const dropped: string[] = [];
    const outbox = reopen({
      mayResend: async ({ target, body }) => target !== "alice" || body.text !== "hello",
      onDropped: ({ reason }) => dropped.push(reason),
    });
    await expect(resend(outbox)).resolves.toEqual({ sent: 0, failed: 0, dropped: 1 });
    expect(dropped).toEqual(["refused"]);
    expect(transport.arrivals).toEqual([]);
  });

  it("drops rows that do not open, and says so", async () => {
    await leaveUnsent(entry("q1"));
    temporary.store.write(() => temporary.store.run("UPDATE outbox SET head = x'00'"));
    const dropped: string[] = [];
    const outbox = reopen({ onDropped: ({ reason }) => dropped.push(reason) });
    await expect(resend(outbox)).resolves.toEqual({ sent: 0, failed: 0, dropped: 1 });
    expect(dropped).toEqual(["unreadable"]);
  });

  it("keeps the order of a conversation when one message fails, and serves the others", async () => {
    await leaveUnsent(entry("a1", "a one"), entry("a2", "a two"), {
      ...entry("b1", "b one"),
      target: "bob",
    });
    const errors: unknown[] = [];
    const outbox = reopen({ onError: (error) => errors.push(error) });
    transport.before = async ({ key }) => {
      if (key === "a1/0") {
        throw notDispatched();
      }
    };
    await expect(resend(outbox)).resolves.toEqual({ sent: 1, failed: 2, dropped: 0 });
    expect(errors).toHaveLength(1);
    transport.before = undefined;
    await resend(outbox);
    expect(transport.visible).toEqual(["b one", "a one", "a two"]);
  });

  it("joins the host's replay of the same message", async () => {
    await leaveUnsent(entry("q1"));
    const outbox = reopen();
    const hold = Promise.withResolvers<void>();
    transport.before = () => hold.promise;
    const resending = resend(outbox);
    const replay = outbox.send(entry("q1"));
    const reconciling = outbox.reconcile("q1");
    hold.resolve();
    await expect(resending).resolves.toMatchObject({ sent: 1 });
    const { nativeId } = await replay;
    await expect(reconciling).resolves.toMatchObject({ status: "sent", nativeIds: [nativeId] });
    expect(transport.arrivals).toHaveLength(1);
  });

  it("does not give up what the host sent while its fate was decided", async () => {
    await leaveUnsent(entry("q1"));
    const decision = Promise.withResolvers<boolean>();
    const asked = Promise.withResolvers<void>();
    const outbox = reopen({
      mayResend: () => {
        asked.resolve();
        return decision.promise;
      },
    });
    const resending = resend(outbox);
    await asked.promise;
    const { nativeId } = await outbox.send(entry("q1"));
    decision.resolve(false);
    await expect(resending).resolves.toEqual({ sent: 1, failed: 0, dropped: 0 });
    await expect(outbox.send(entry("q1"))).resolves.toEqual({ nativeId, isReplay: true });
    expect(transport.arrivals).toHaveLength(1);
  });

  it("sends nothing more once its signal aborted, and keeps the rows", async () => {
    await leaveUnsent(entry("q1"));
    const report = await reopen().resendUnsent({ signal: AbortSignal.abort() });
    expect(report).toEqual({ sent: 0, failed: 1, dropped: 0 });
    expect(unsentRows()).toBe(1);
  });

  it("forgets sent messages after a week", async () => {
    await open().send(entry("q1"));
    temporary.clock.nowMs += 8 * 24 * HOUR_MS;
    await resend(reopen());
    expect(temporary.store.get("SELECT count(*) AS n FROM outbox")).toEqual({ n: 0 });
  });
});

describe("reconcile", () => {
  it("knows nothing of a message that never came as far as the outbox", async () => {
    await expect(open().reconcile("q1")).resolves.toEqual({ status: "not_sent" });
  });

  it("proves a sent message with its ids, in part order, without sending", async () => {
    const outbox = open();
    const second = await outbox.send({ ...entry("q1", "two", 1), partCount: 2 });
    const first = await outbox.send({ ...entry("q1", "one", 0), partCount: 2 });
    await expect(outbox.reconcile("q1")).resolves.toEqual({
      status: "sent",
      nativeIds: [first.nativeId, second.nativeId],
      target: "alice",
    });
    expect(transport.arrivals).toHaveLength(2);
  });

  it("asks for a replay when not all parts were handed over, and repeats none of them", async () => {
    const outbox = open();
    await outbox.send({ ...entry("q1", "one", 0), partCount: 2 });
    await expect(outbox.reconcile("q1")).resolves.toEqual({ status: "not_sent" });
    await outbox.send({ ...entry("q1", "one", 0), partCount: 2 });
    await outbox.send({ ...entry("q1", "two", 1), partCount: 2 });
    expect(transport.arrivals.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  it("asks to come again when the message cannot leave now", async () => {
    await expect(open(killAt("announced")).send(entry("q1"))).rejects.toThrow("killed");
    const outbox = reopen();
    transport.before = () => Promise.reject(notDispatched());
    await expect(outbox.reconcile("q1")).resolves.toEqual({
      status: "unresolved",
      error: "PlatformMessageNotDispatchedError OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
      retryable: true,
    });
    transport.before = undefined;
    await expect(outbox.reconcile("q1")).resolves.toMatchObject({ status: "sent" });
  });

  it("ends the matter when the message may not be sent any more", async () => {
    await expect(open(killAt("announced")).send(entry("q1"))).rejects.toThrow("killed");
    const outbox = reopen({ mayResend: () => false });
    await expect(outbox.reconcile("q1")).resolves.toMatchObject({
      status: "unresolved",
      retryable: false,
    });
    expect(transport.arrivals).toEqual([]);
  });

  it("forgets what left of an entry that the host gave up", async () => {
    const outbox = open();
    await outbox.send(entry("q1"));
    expect([outbox.forget("q1"), outbox.find("q1")]).toEqual([1, []]);
  });

  it("keeps what waits of an entry that the host gave up: the transport may have it", async () => {
    await expect(open(killAt("announced")).send(entry("q1"))).rejects.toThrow("killed");
    const outbox = reopen();
    expect(outbox.forget("q1")).toBe(0);
    await expect(resend(outbox)).resolves.toEqual({ sent: 1, failed: 0, dropped: 0 });
  });
});

function withdrawn(queueId: string, target = "alice"): WithdrawnMessage {
  const messageId = temporary.store.sealer.messageId(`${queueId}/0`, 12);
  return { target, messageId, nativeId: "native" };
}

function neverAsked(): boolean {
  throw new Error("the transport was asked");
}

describe("withdraw", () => {
  it("takes back one message that has not left, and answers replays as if it had", async () => {
    await leaveUnsent(entry("q1"), entry("q2", "meant"));
    const outbox = reopen();
    const asked: unknown[] = [];
    const takeBack = (facts: object): boolean => asked.push(facts) > 0;
    expect(outbox.withdraw(withdrawn("q1"), takeBack)).toBe(true);
    expect(outbox.withdraw(withdrawn("q1"), takeBack)).toBe(false);
    expect(asked).toEqual([{ isInFlight: false }]);
    await expect(resend(outbox)).resolves.toMatchObject({ sent: 1 });
    await expect(outbox.send(entry("q1"))).resolves.toEqual({ nativeId: "native", isReplay: true });
    expect(transport.visible).toEqual(["meant"]);
  });

  it("leaves alone what left, what is another's, and what the transport cannot take back", async () => {
    const outbox = open();
    await outbox.send(entry("q1"));
    expect(outbox.withdraw(withdrawn("q1"), neverAsked)).toBe(false);
    await leaveUnsent(entry("q2"));
    expect(outbox.withdraw(withdrawn("q2", "bob"), neverAsked)).toBe(false);
    expect(outbox.withdraw(withdrawn("q2"), () => false)).toBe(false);
    await expect(resend(outbox)).resolves.toMatchObject({ sent: 1 });
  });

  it("stops a send that has not passed the point of no return, for good", async () => {
    const outbox = open();
    transport.before = async () => {
      outbox.withdraw(withdrawn("q1"), ({ isInFlight }) => isInFlight);
    };
    await expect(outbox.send(entry("q1"))).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
    });
    await expect(outbox.send(entry("q1"))).resolves.toMatchObject({ isReplay: true });
    expect(transport.arrivals).toEqual([]);
  });
});

describe("dropRefused", () => {
  it("gives up what may not go out, names it as the transport knows it, and sends nothing", async () => {
    const carol = { ...entry("q3"), target: "carol" };
    await leaveUnsent(entry("q1"), { ...entry("q2"), target: "bob" }, carol);
    const dropped: string[] = [];
    const outbox = reopen({
      mayResend: ({ target }) => target === "bob",
      onDropped: ({ message }) => {
        if (message === undefined) return;
        dropped.push(`${message.target} ${Buffer.from(message.messageId(4)).toString("hex")}`);
      },
    });
    await expect(outbox.dropRefused()).resolves.toBe(2);
    const [first, third] = ["q1/0", "q3/0"].map((key) =>
      Buffer.from(temporary.store.sealer.messageId(key, 4)).toString("hex"),
    );
    expect(dropped).toEqual([`alice ${first}`, `carol ${third}`]);
    await expect(resend(outbox)).resolves.toEqual({ sent: 1, failed: 0, dropped: 0 });
  });

  it("keeps what cannot be decided, and decides the others", async () => {
    await leaveUnsent(entry("q1"), { ...entry("q2"), target: "bob" });
    const outbox = reopen({
      mayResend: ({ target }) => {
        if (target === "alice") throw new Error("locked");
        return false;
      },
    });
    await expect(outbox.dropRefused()).rejects.toThrow("locked");
    expect(unsentRows()).toBe(1);
  });

  it("stops a send under way before its point of no return", async () => {
    let isAllowed = true;
    const outbox = open({ mayResend: () => isAllowed });
    transport.before = async () => {
      isAllowed = false;
      await outbox.dropRefused();
    };
    await expect(outbox.send(entry("q1"))).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
    });
    expect(transport.arrivals).toEqual([]);
  });
});

describe("dropTarget and dropAll", () => {
  it("gives up what waits for one conversation", async () => {
    const killed = open(killAt("announced"));
    await expect(killed.send(entry("q1"))).rejects.toThrow("killed");
    await expect(killed.send({ ...entry("q2"), target: "bob" })).rejects.toThrow("killed");
    const dropped: unknown[] = [];
    const outbox = reopen({ onDropped: ({ key, reason }) => dropped.push([key, reason]) });
    expect(outbox.dropTarget("alice")).toBe(1);
    expect(dropped).toEqual([["q1/0", "target_removed"]]);
    await expect(resend(outbox)).resolves.toMatchObject({ sent: 1 });
  });

  it("leaves what the caller wants to go out all the same", async () => {
    const killed = open(killAt("announced"));
    await expect(killed.send(entry("q1", "an answer"))).rejects.toThrow("killed");
    await expect(killed.send(entry("q2", "the operator"))).rejects.toThrow("killed");
    const outbox = reopen({});
    expect(outbox.dropTarget("alice", ({ text }) => text !== "the operator")).toBe(1);
    await expect(resend(outbox)).resolves.toMatchObject({ sent: 1 });
    expect(transport.arrivals).toMatchObject([{ text: "the operator" }]);
  });

  it("stops a send that has not passed the point of no return", async () => {
    const outbox = open();
    transport.before = async () => {
      outbox.dropTarget("alice");
    };
    await expect(outbox.send(entry("q1"))).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
    });
    expect(transport.arrivals).toEqual([]);
  });

  it("gives up everything when the account is removed", async () => {
    const killed = open(killAt("announced"));
    await expect(killed.send(entry("q1"))).rejects.toThrow("killed");
    await expect(killed.send({ ...entry("q2"), target: "bob" })).rejects.toThrow("killed");
    const dropped: string[] = [];
    const outbox = reopen({ onDropped: ({ reason }) => dropped.push(reason) });
    expect(outbox.dropAll()).toBe(2);
    expect(dropped).toEqual(["account_removed", "account_removed"]);
  });
});

describe("close", () => {
  it("ends sends in flight, waits for them and keeps their rows", async () => {
    const outbox = open();
    const started = Promise.withResolvers<void>();
    transport.before = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(notDispatched()), { once: true });
        started.resolve();
      });
    const sending = outbox.send(entry("q1")).catch((error: unknown) => error);
    await started.promise;
    await outbox.close();
    await expect(sending).resolves.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
    });
    expect(unsentRows()).toBe(1);
  });

  it("refuses work afterwards", async () => {
    const outbox = open();
    await outbox.close();
    await expect(outbox.send(entry("q1"))).rejects.toMatchObject({ code: "closed" });
    await expect(outbox.reconcile("q1")).rejects.toMatchObject({ code: "closed" });
    expect(() => outbox.dropAll()).toThrow(expect.objectContaining({ code: "closed" }));
  });
});

it("keeps no text of a message on disk once it was sent", async () => {
  await open().send(entry("q1"));
  expect(temporary.store.get("SELECT body FROM outbox")).toEqual({ body: null });
});
