import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseAllowEntry, tryParseGossipId } from "./targets.ts";

const ContactsSchema = z.record(z.string(), z.unknown());

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
  inspectMore: inspectContacts,
};

/** Findings that the configuration alone shows, see {@link kit.inspectConfig}. */
export function inspectConfig(cfg: OpenClawConfig): kit.Finding[] {
  return kit.inspectConfig(RULES, cfg);
}

/** A name without an id is left out wherever names count, and nothing else would say so. */
function inspectContacts({ own, path }: kit.ConfiguredAccount, note: kit.NoteFinding): void {
  const contacts = ContactsSchema.safeParse(own["contacts"]).data ?? {};
  const wrong = Object.values(contacts).filter(
    (id) => typeof id !== "string" || tryParseGossipId(id) === undefined,
  ).length;
  if (wrong === 0) return;
  note(
    "contacts-invalid",
    `${wrong} names in ${path}.contacts have no Gossip user id behind them and are no targets.`,
    `openclaw config get ${path}.contacts, then correct them`,
  );
}
