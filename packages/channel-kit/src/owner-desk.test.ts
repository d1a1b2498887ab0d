import { describe, expect, it } from "vitest";
import { createOwnerDesk } from "./owner-desk.ts";

const PAT = "demo1pat";

const NEVER = new AbortController().signal;

describe("the desk for owner codes", () => {
  it("takes nothing while nobody asked for a code", async () => {
    const desk = createOwnerDesk();
    expect(desk.isOpen()).toBe(false);
    expect(desk.offer(PAT, "BCDF-2345")).toBe(false);
    expect(desk.end("nothing")).toBeUndefined();
    expect(await desk.whenSettled("nothing", NEVER)).toEqual({ kind: "expired" });
  });

  it("uses up the message with the code, and says at the end whose it was", () => {
    const desk = createOwnerDesk();
    const { display, id } = desk.begin();
    expect(desk.offer(PAT, "hello")).toBe(false);
    expect(desk.offer(PAT, display)).toBe(true);
    expect(desk.isOpen()).toBe(false);
    expect(desk.end(id)).toBe(PAT);
    expect(desk.end(id)).toBeUndefined();
  });

  it("knows only the newest code, and tells the terminal that shows an older one", async () => {
    const desk = createOwnerDesk();
    const first = desk.begin();
    const told = desk.whenSettled(first.id, NEVER);
    desk.begin();
    expect(await told).toEqual({ kind: "replaced" });
    expect(desk.offer(PAT, first.display)).toBe(false);
    expect(desk.isOpen()).toBe(true);
  });

  it("keeps two terminals apart: neither gets, confirms, or ends the other's sender", async () => {
    const desk = createOwnerDesk();
    const first = desk.begin();
    expect(desk.offer("demo1ann", first.display)).toBe(true);
    const second = desk.begin();
    expect(desk.offer("demo1bob", second.display)).toBe(true);
    expect(await desk.whenSettled(first.id, NEVER)).toMatchObject({ senderId: "demo1ann" });
    expect(await desk.whenSettled(second.id, NEVER)).toMatchObject({ senderId: "demo1bob" });
    expect(desk.end(first.id)).toBe("demo1ann");
    expect(desk.end(second.id)).toBe("demo1bob");
  });
});
