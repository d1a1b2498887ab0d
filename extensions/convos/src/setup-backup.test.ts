import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { cancelSetup, createCliContext, type SetupPrompter } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { scriptPrompter } from "../../../test/support/scripted-prompter.ts";
import { convosChannel } from "./account-channel.ts";
import { offerBackup } from "./setup-backup.ts";
import { provision } from "./setup-provision.ts";

const ROOM = "0a".repeat(16);

let stateDir = "";
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "convos-offer-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

/** What the wizard asks and says at its end, for an account with an identity and no backup. */
async function offer(
  section: object,
  answers: readonly (string | boolean)[],
  more: Partial<SetupPrompter> = {},
) {
  const cfg: OpenClawConfig = { channels: { convos: { enabled: true, ...section } } };
  await provision({ cfg, accountId: "default", stateDir, now: Date.now });
  const script = scriptPrompter(answers);
  const passphrase = path.join(stateDir, "passphrase");
  const context = createCliContext(convosChannel, cfg, "default");
  writeFileSync(passphrase, "marble otter saffron canoe\n", { mode: 0o600 });
  const prompter = { ...script.prompter, ...more };
  await offerBackup(context, prompter, { passphraseFile: passphrase });
  return script;
}

it("asks nothing before the agent's first answer", async () => {
  const { asked, notes } = await offer({}, []);
  expect([asked, notes]).toEqual([[], []]);
});

it("offers one sealed file once the agent is at home in a conversation, and takes no for an answer", async () => {
  const { asked } = await offer({ ownerConversationId: ROOM }, [false]);
  expect(asked).toEqual([expect.stringContaining("Nobody has a backup")]);
});

it("writes the file where the person says, reads it back, and does not offer it again", async () => {
  const file = path.join(stateDir, "agent.backup");
  const { notes } = await offer({ ownerConversationId: ROOM }, [true, file]);
  expect(notes.join("\n")).toContain(`Backup written and read back: ${file}`);
  expect(readdirSync(stateDir)).toContain("agent.backup");
  expect((await offer({ ownerConversationId: ROOM }, [])).asked).toEqual([]);
});

it("takes Ctrl-C for a no, so that the owner of this run stays in what is written", async () => {
  const { notes } = await offer({ ownerConversationId: ROOM }, [], {
    confirm: async () => cancelSetup(),
  });
  expect(notes).toEqual([]);
});

it("says why a file could not be written, and the command for later", async () => {
  const file = path.join(stateDir, "nowhere", "agent.backup");
  const { notes } = await offer({ ownerConversationId: ROOM }, [true, file]);
  expect(notes.join("\n")).toContain("openclaw convos backup --file FILE");
});
