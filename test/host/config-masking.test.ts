// Words that lie in the configuration itself, of a channel and of each of its named accounts: OpenClaw masks what a hint of
// ours calls a secret, and by the very path that the hint names.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { prepareHost, runOpenclaw, type Host } from "channel-testing";
import { generateMnemonic } from "gossip-sdk";
import { phraseCanaries, scan } from "../support/leak-scan.ts";

const CHANNELS = ["gossip", "convos", "mesh"] as const;
const PLACES = ["section", "account"] as const;

const phrases = new Map(
  CHANNELS.flatMap((channel) => PLACES.map((place) => [`${channel} ${place}`, generateMnemonic()])),
);
const canaries = [...phrases].flatMap(([name, phrase]) => phraseCanaries(name, phrase));
let folder = "";
let host: Host;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "config-masking-"));
  const sections = CHANNELS.map((channel) => {
    const [section, account] = PLACES.map((place) => ({
      enabled: false,
      mnemonic: phrases.get(`${channel} ${place}`) ?? "",
    }));
    return [channel, { ...section, accounts: { work: account ?? {} } }];
  });
  host = await prepareHost({
    root: path.join(folder, "host"),
    model: { baseUrl: "http://127.0.0.1:1", modelId: "none" },
    channels: Object.fromEntries(sections),
    plugins: {
      allow: [...CHANNELS],
      loadPaths: CHANNELS.map((channel) =>
        path.resolve(import.meta.dirname, "../../extensions", channel),
      ),
    },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(["channels", "channels.gossip.accounts.work.mnemonic"])(
  "shows no recovery phrase in `openclaw config get %s`",
  async (setting) => {
    const { stderr, stdout } = await runOpenclaw(host, ["config", "get", setting, "--json"]);
    expect(stdout).toMatch(/redacted/i);
    expect(scan(`${stdout}\n${stderr}`, canaries)).toEqual([]);
  },
);
