import { describe, expect, it } from "vitest";
import { createOwnerDesk } from "./owner-desk.ts";

const PAT = "demo1pat";

describe("the desk for owner codes", () => {
  it("takes nothing while nobody asked for a code", () => {
    const desk = createOwnerDesk();
    expect(desk.isOpen()).toBe(false);
    expect(desk.offer(PAT, "BCDF-2345")).toBe(false);
    expect(desk.end()).toBeUndefined();
  });

  it("uses up the message with the code, and says at the end whose it was", () => {
    const desk = createOwnerDesk();
    const { display } = desk.begin();
    expect(desk.offer(PAT, "hello")).toBe(false);
    expect(desk.offer(PAT, display)).toBe(true);
    expect(desk.isOpen()).toBe(false);
    expect(desk.end()).toBe(PAT);
    expect(desk.end()).toBeUndefined();
  });

  it("knows only the newest code", () => {
    const desk = createOwnerDesk();
    const first = desk.begin().display;
    desk.begin();
    expect(desk.offer(PAT, first)).toBe(false);
  });
});
