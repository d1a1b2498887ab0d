import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { restoreLinkedHome, saveLinkedHome } from "../../scripts/start/linked-home.ts";
import { openRunFolder } from "../../scripts/start/run-folder.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "start-folders-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe("the folder of a run", () => {
  it("is empty at first, whatever an earlier run left, and keeps the linked plugin", () => {
    mkdirSync(path.join(root, "home"));
    mkdirSync(path.join(root, "linked"));
    writeFileSync(path.join(root, "home", "old"), "");
    writeFileSync(path.join(root, "linked", "stamp"), "");
    using folder = openRunFolder(root);
    expect(existsSync(path.join(folder.home, "old"))).toBe(false);
    expect(existsSync(path.join(folder.linked, "stamp"))).toBe(true);
  });

  it("is refused while another process is at work in it", () => {
    // The parent of this process surely runs.
    writeFileSync(path.join(root, "running.pid"), String(process.ppid));
    expect(() => openRunFolder(root)).toThrow(`process ${process.ppid}`);
  });

  it("is taken over from a process that is gone, and free again afterwards", () => {
    writeFileSync(path.join(root, "running.pid"), "999999999");
    {
      using folder = openRunFolder(root);
      expect(existsSync(folder.home)).toBe(true);
    }
    expect(existsSync(path.join(root, "running.pid"))).toBe(false);
  });
});

/** A home after its first link, and a built plugin. */
function setUpHome() {
  const place = {
    home: path.join(root, "home"),
    cache: path.join(root, "linked"),
    pluginFolders: [path.join(root, "plugin")],
  };
  mkdirSync(path.join(place.home, ".openclaw", "state"), { recursive: true });
  mkdirSync(path.join(root, "plugin", "dist"), { recursive: true });
  writeFileSync(path.join(place.home, ".openclaw", "openclaw.json"), "linked");
  writeFileSync(path.join(root, "plugin", "dist", "index.js"), "1");
  return place;
}

describe("a linked home", () => {
  it("comes back in a later run", () => {
    const place = setUpHome();
    expect(restoreLinkedHome(place)).toBe(false);
    saveLinkedHome(place);
    rmSync(place.home, { recursive: true });
    expect(restoreLinkedHome(place)).toBe(true);
    const config = path.join(place.home, ".openclaw", "openclaw.json");
    expect(readFileSync(config, "utf8")).toBe("linked");
  });

  it("does not come back for a plugin that was built anew with another content", () => {
    const place = setUpHome();
    saveLinkedHome(place);
    writeFileSync(path.join(root, "plugin", "dist", "index.js"), "2");
    expect(restoreLinkedHome(place)).toBe(false);
  });
});
