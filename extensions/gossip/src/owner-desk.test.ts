import { describe, expect, it } from "vitest";
import { createOwnerDesk } from "./owner-desk.ts";
import type { InboundFacts } from "./inbound.ts";

const message = (text: string, peer = "gossip1pat"): InboundFacts => ({
  kind: "message",
  key: "message:1",
  peer,
  sentAtMs: 0,
  arrivedAtMs: 0,
  messageId: "1",
  text,
});

const NEVER = new AbortController().signal;

describe("the desk for owner codes", () => {
  it("takes nothing while nobody asked for a code", async () => {
    const desk = createOwnerDesk();
    expect(desk.isOpen()).toBe(false);
    expect(desk.offer(message("BCDF-2345"))).toBe(false);
    expect(desk.end("nothing")).toBeUndefined();
    expect(await desk.whenSettled("nothing", NEVER)).toEqual({ kind: "expired" });
  });

  it("uses up the message with the code, and says at the end whose it was", () => {
    const desk = createOwnerDesk();
    const { display, id } = desk.begin();
    expect(desk.offer(message("hello"))).toBe(false);
    expect(desk.offer(message(display))).toBe(true);
    expect(desk.isOpen()).toBe(false);
    expect(desk.end(id)).toBe("gossip1pat");
    expect(desk.end(id)).toBeUndefined();
  });

  it("knows only the newest code, and tells the terminal that shows an older one", async () => {
    const desk = createOwnerDesk();
    const first = desk.begin();
    const told = desk.whenSettled(first.id, NEVER);
    desk.begin();
    expect(await told).toEqual({ kind: "replaced" });
    expect(desk.offer(message(first.display))).toBe(false);
    expect(desk.isOpen()).toBe(true);
  });

  it("keeps two terminals apart: neither gets, confirms, or ends the other's sender", async () => {
    const desk = createOwnerDesk();
    const first = desk.begin();
    expect(desk.offer(message(first.display, "gossip1ann"))).toBe(true);
    const second = desk.begin();
    expect(desk.offer(message(second.display, "gossip1bob"))).toBe(true);
    expect(await desk.whenSettled(first.id, NEVER)).toMatchObject({ senderId: "gossip1ann" });
    expect(await desk.whenSettled(second.id, NEVER)).toMatchObject({ senderId: "gossip1bob" });
    expect(desk.end(first.id)).toBe("gossip1ann");
    expect(desk.end(second.id)).toBe("gossip1bob");
  });
});
