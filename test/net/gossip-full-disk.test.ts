// A disk that takes no more bytes, while a bot runs on it: by a limit of the kernel on its process, which fails the real
// writes of the real files.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startRelay } from "gossip-relay";
import { LogBook } from "channel-testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPerson } from "../support/gossip-person.ts";

const WAIT_MS = 30_000;
const CHILD = fileURLToPath(new URL("../state/bot-child.ts", import.meta.url));

let root = "";
let relay: Awaited<ReturnType<typeof startRelay>>;

beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), "gossip-full-disk-"));
  mkdirSync(path.join(root, "run"), { mode: 0o700 });
  relay = await startRelay();
});
afterEach(async () => {
  await relay.close();
  rmSync(root, { recursive: true, force: true });
});

interface BotProcess extends AsyncDisposable {
  readonly pid: number;
  readonly said: LogBook;
}

/** @param fileBytes - No file may become longer than this, from the start of the process on. */
function startBotProcess(fileBytes = "unlimited"): BotProcess {
  const command = [`--fsize=${fileBytes}:`, process.execPath, CHILD];
  const child = spawn("prlimit", command, {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: {
      ...process.env,
      OPENCLAW_STATE_DIR: path.join(root, "state"),
      XDG_RUNTIME_DIR: path.join(root, "run"),
      RELAY_URL: relay.url,
    },
  });
  const exited = once(child, "exit");
  const said = new LogBook();
  child.stdout?.setEncoding("utf8").on("data", (text: string) => said.append("stdout", text));
  return {
    pid: child.pid ?? 0,
    said,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The soft limit: a process may raise it again up to the hard one. */
function limitFileSize(pid: number, bytes: string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
}

async function whenReady({ said }: BotProcess): Promise<string> {
  const { text } = await said.waitFor(/^ready /, { timeoutMs: WAIT_MS });
  return text.slice("ready ".length);
}

it("admits nothing while the disk is full, and goes on by itself when it is not any more", async () => {
  await using person = await createPerson(relay.url, path.join(root, "person"));
  await using bot = startBotProcess();
  const { pid, said } = bot;
  const botId = await whenReady(bot);
  await vi.waitFor(() => expect(relay.stats().keys).toBe(2), WAIT_MS);
  await person.greet(botId, "before");
  await said.waitFor("turn before", { timeoutMs: WAIT_MS });

  const from = said.nextIndex;
  limitFileSize(pid, "1");
  await person.say(botId, "while it is full");
  await said.waitFor(/state_unwritable|ERR_SQLITE_ERROR|could not be stored/, {
    from,
    timeoutMs: WAIT_MS,
  });
  const admitted = said.lines.filter(({ index, text }) => index >= from && text.startsWith("turn"));
  limitFileSize(pid, "unlimited");
  await said.waitFor("turn while it is full", { from, timeoutMs: WAIT_MS });
  await person.say(botId, "after");
  await said.waitFor("turn after", { from, timeoutMs: WAIT_MS });

  expect(admitted).toEqual([]);
  const turns = said.lines.map(({ text }) => text).filter((text) => text.startsWith("turn"));
  expect(turns).toEqual(["turn before", "turn while it is full", "turn after"]);
});

it("does not start on a full disk, says what to look at, and is the same afterwards", async () => {
  const state = path.join(root, "state");
  const failure = async (): Promise<string> => {
    await using bot = startBotProcess("1");
    return (await bot.said.waitFor(/^failed /, { timeoutMs: WAIT_MS })).text;
  };
  const first = await failure();
  expect(first).toContain("its disk is full");
  expect(first).toContain(`df -h '${state}'`);
  expect(identitiesIn(state)).toEqual([]);

  let botId = "";
  {
    await using bot = startBotProcess();
    botId = await whenReady(bot);
  }
  const session = path.join(state, "sessions", "gossip", "openclaw", "session.json");
  const before = readFileSync(session, "utf8");
  expect(await failure()).toMatch(/cannot be used: its disk (is full|fails).*Nothing was replaced/);
  expect(readFileSync(session, "utf8")).toBe(before);
  await using bot = startBotProcess();
  expect(await whenReady(bot)).toBe(botId);
});

function identitiesIn(stateDir: string): string[] {
  return readdirSync(path.join(stateDir, "sessions", "gossip")).filter(
    (name) => !name.startsWith("."),
  );
}
