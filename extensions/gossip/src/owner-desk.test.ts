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

describe("the desk for owner codes", () => {
  it("takes nothing while nobody asked for a code", () => {
    const desk = createOwnerDesk();
    expect(desk.isOpen()).toBe(false);
    expect(desk.offer(message("BCDF-2345"))).toBe(false);
    expect(desk.end()).toBeUndefined();
  });

  it("uses up the message with the code, and says at the end whose it was", () => {
    const desk = createOwnerDesk();
    const { display } = desk.begin();
    expect(desk.offer(message("hello"))).toBe(false);
    expect(desk.offer(message(display))).toBe(true);
    expect(desk.isOpen()).toBe(false);
    expect(desk.end()).toBe("gossip1pat");
    expect(desk.end()).toBeUndefined();
  });

  it("knows only the newest code", () => {
    const desk = createOwnerDesk();
    const first = desk.begin().display;
    desk.begin();
    expect(desk.offer(message(first))).toBe(false);
  });
});
