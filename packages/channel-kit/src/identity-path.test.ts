import path from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { channelFolder, slugUsername } from "./identity-path.ts";

describe("slugUsername", () => {
  it.each([
    ["openclaw", "openclaw"],
    ["my_bot-2", "my_bot-2"],
    ["My Bot", "my-bot"],
    ["../../etc/passwd", "etc-passwd"],
    ["/etc/x", "etc-x"],
    ["a/b", "a-b"],
  ])("turns %s into %s", (username, slug) => {
    expect(slugUsername(username)).toBe(slug);
  });

  it.each([".", "..", "CON", "nul", "com1", "\0", "Бот", "   "])(
    "gives %j a name of its own that no file system reserves",
    (username) => {
      expect(slugUsername(username)).toMatch(/^user-[0-9a-f]{8}$/);
    },
  );

  it("names one folder for composed and decomposed letters", () => {
    expect(slugUsername("Zoe\u0308")).toBe(slugUsername("Zo\u00eb"));
  });

  it("keeps any name inside its parent folder", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (username) => {
        const parent = channelFolder({ channelId: "demo", stateDir: "/state" });
        const folder = path.join(parent, slugUsername(username));
        expect(path.dirname(folder)).toBe(parent);
        expect(path.basename(folder)).toMatch(/^[a-z0-9_][a-z0-9_-]{0,39}$/);
      }),
    );
  });
});
