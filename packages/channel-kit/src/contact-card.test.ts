import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { canShowQr, describeContactCard, makeContactCard } from "./contact-card.ts";

const folder = mkdtempSync(path.join(tmpdir(), "demo-card-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WIDE = { columns: 80, plain: false };
const UTF8 = { LANG: "en_US.UTF-8" };

describe("the contact card", () => {
  it("names the id in full and writes the picture for this user alone, whatever the umask", async () => {
    const umask = process.umask(0);
    try {
      const options = { userId: "demo1pat", link: "demo://invite/demo1pat", folder };
      const card = await makeContactCard({ ...options, showsQr: true });
      expect(statSync(card.pngPath).mode & 0o777).toBe(0o600);
      expect(path.dirname(card.pngPath)).toBe(folder);
      expect(readFileSync(card.pngPath).subarray(1, 4).toString()).toBe("PNG");
      expect(card.qr?.split("\n").length).toBeGreaterThan(10);
      expect(describeContactCard(card, "Demo")).toContain("\ndemo1pat\n");
      const plain = await makeContactCard({ ...options, showsQr: false });
      expect(plain.qr).toBeUndefined();
    } finally {
      process.umask(umask);
    }
  });

  it("shows the link in a browser, where neither code nor the path of a file is of use", async () => {
    const options = { userId: "demo1pat", link: "demo://invite/demo1pat", folder };
    const card = await makeContactCard({ ...options, showsQr: false });
    const remote = describeContactCard(card, "Demo", { isRemote: true });
    expect(remote).toContain("\ndemo1pat\n");
    expect(remote).toContain("\ndemo://invite/demo1pat");
    expect(remote).not.toContain(folder);
    expect(remote).not.toMatch(/scan/i);
    const atTerminal = describeContactCard(card, "Demo");
    expect(atTerminal).toContain(`Picture of the code: ${card.pngPath}`);
  });

  it.each([
    ["a narrow window", { columns: 59, plain: false }, UTF8],
    ["a plain terminal", { columns: 80, plain: true }, UTF8],
    ["no terminal", undefined, UTF8],
    ["no UTF-8", WIDE, { LANG: "C" }],
    ["a locale that is overruled", WIDE, { LANG: "en_US.UTF-8", LC_ALL: "C" }],
  ])("draws no code for %s", (_why, terminal, env) => {
    expect(canShowQr(terminal, env)).toBe(false);
  });

  it("draws one where it can be scanned", () => {
    expect(canShowQr(WIDE, UTF8)).toBe(true);
  });
});
