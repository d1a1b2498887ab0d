// What a reload brings behind the references of an account, as the host asks: stop, the question, start.
import { SecretText } from "channel-kit/cold";
import { keyFromHex } from "convos-node-sdk";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import {
  clearRuntimeConfigSnapshot,
  setRuntimeConfigSnapshot,
} from "openclaw/plugin-sdk/runtime-config-snapshot";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resolveConvosAccount, type ResolvedConvosAccount } from "./accounts.ts";
import { ConvosChannelError } from "./errors.ts";
import { ownerKeys, secrets } from "./secret-rotation.ts";
import { shortenId } from "./targets.ts";

const GOOD = "07".repeat(32);
const OTHER = "08".repeat(32);
const idOf = (hex: string): string => shortenId(keyFromHex(hex).inboxId);

const reference = { source: "file", provider: "keys", id: "/owner" } as const;
const source: OpenClawConfig = { channels: { convos: { privateKey: reference } } };

function accountWith(hex: string): ResolvedConvosAccount {
  const account = resolveConvosAccount({ channels: { convos: {} } });
  return { ...account, ownerKey: { kind: "configured", words: new SecretText(hex) } };
}

beforeEach(() => {
  setRuntimeConfigSnapshot(source, source);
  ownerKeys.rotation.started(accountWith(GOOD), keyFromHex(GOOD).inboxId);
});
afterEach(() => {
  clearRuntimeConfigSnapshot();
  // What this test leaves in the guard of the process is as if no account had run.
  ownerKeys.rotation.started(resolveConvosAccount({ channels: { convos: {} } }), "");
});

/** @returns The keys that the account was run with, in order. */
async function start(hex: string, fails: (key: string) => boolean = () => false) {
  const keys: string[] = [];
  const lines: string[] = [];
  const run = async ({ ownerKey }: ResolvedConvosAccount): Promise<void> => {
    const key = ownerKey.kind === "configured" ? ownerKey.words.reveal() : "";
    keys.push(key);
    if (fails(key)) throw new ConvosChannelError("identity_mismatch", "another inbox");
  };
  await secrets.runWithGoodSecret(accountWith(hex), run, (line) => lines.push(line));
  return { keys, lines };
}

it("takes the same key in another writing", async () => {
  secrets.expectStart("default");
  await secrets.check(accountWith(`0x${GOOD}`));
  expect(await start(`0x${GOOD}`)).toEqual({ keys: [`0x${GOOD}`], lines: [] });
});

it("refuses the key of another inbox: the reload fails, and the account goes on with the last one", async () => {
  secrets.expectStart("default");
  await expect(secrets.check(accountWith(OTHER))).rejects.toMatchObject({ code: "secret_refused" });
  const { keys, lines } = await start(OTHER);
  expect(keys).toEqual([GOOD]);
  expect(lines).toEqual([secrets.formatRefusal(accountWith(OTHER))]);
  expect(lines[0]).toMatch(
    new RegExp(
      `convos\\.privateKey opens another inbox \\(inbox ${idOf(OTHER)}\\) .* goes on as inbox ${idOf(GOOD)} .*` +
        "openclaw secrets reload.*openclaw gateway restart",
    ),
  );
  expect(lines[0]).not.toContain(OTHER);
  // The old value back: nothing is left to say.
  secrets.expectStart("default");
  await secrets.check(accountWith(GOOD));
  expect(await start(GOOD)).toEqual({ keys: [GOOD], lines: [] });
  expect(secrets.formatRefusal(accountWith(GOOD))).toBeUndefined();
});

it("goes on with the last key when the new one is none, and when the start itself fails with it", async () => {
  secrets.expectStart("default");
  await expect(secrets.check(accountWith("nonsense"))).rejects.toMatchObject({
    code: "secret_refused",
  });
  expect((await start("nonsense")).lines[0]).toContain("is no private key");
  const { keys } = await start(OTHER, (key) => key === OTHER);
  expect(keys).toEqual([OTHER, GOOD]);
});
