import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseAllowEntry } from "./targets.ts";

const RULES: kit.ConfigRules = {
  channelId: CHANNEL_ID,
  secrets: [
    {
      key: "mnemonic",
      finding: "plaintext-mnemonic-in-config",
      what: "the recovery phrase in clear; whoever reads the configuration is the bot.",
      variable: "GOSSIP_MNEMONIC",
    },
  ],
  address: { key: "protocolUrl", finding: "relay-tls" },
  listsOf: ({ allowFrom }) => [["allowFrom", allowFrom]],
  entryKind: "Gossip user ids",
  tryParseAllowEntry,
};

/** Findings that the configuration alone shows, see {@link kit.inspectConfig}. */
export function inspectConfig(cfg: OpenClawConfig): kit.Finding[] {
  return kit.inspectConfig(RULES, cfg);
}
