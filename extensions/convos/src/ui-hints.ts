import { createUiHints } from "channel-kit/cold";
import {
  DEFAULT_DM_POLICY,
  DEFAULT_ENV,
  DEFAULT_GROUP_POLICY,
  DEFAULT_NAME,
  DEFAULT_TURN_BUDGET,
} from "./config-schema.ts";

/** Labels and help for forms. `mnemonic` and `privateKey` are masked wherever the host shows configuration. */
export const convosUiHints = createUiHints({
  enabled: { label: "Enabled", help: "Whether the channel runs.", order: 1 },
  name: {
    label: "Name",
    help: "How people in a conversation see the agent, and one of the words that call it.",
    placeholder: DEFAULT_NAME,
    order: 2,
  },
  ownerConversationId: {
    label: "Owner conversation",
    help: "Where only the owner speaks to the agent. Written when the first conversation was joined.",
    order: 3,
  },
  groupPolicy: {
    label: "Who may speak in conversations",
    help: "allowlist: the owner and the listed inbox ids. open: every member. disabled: nobody.",
    placeholder: DEFAULT_GROUP_POLICY,
    order: 4,
  },
  groupAllowFrom: {
    label: "Allowed members",
    help: "Inbox ids (64 hexadecimal characters). Each is one person in one conversation.",
    order: 5,
  },
  groups: {
    label: "Conversations",
    help: 'By conversation id, or "*": allowFrom, enabled, requireMention, tools, and toolsBySender.',
    advanced: true,
    order: 6,
  },
  env: {
    label: "Network",
    help: "XMTP network of the conversations; invites name theirs.",
    placeholder: DEFAULT_ENV,
    advanced: true,
    order: 7,
  },
  mnemonic: {
    label: "Recovery phrase",
    help: "12 to 24 words that all keys come from; a secret reference is best. Leave empty: made at the setup.",
    sensitive: true,
    advanced: true,
    order: 8,
  },
  privateKey: {
    label: "Private key",
    help: "A key that was there before, for the owner conversation only. Leave empty: each conversation gets its own.",
    sensitive: true,
    advanced: true,
    order: 9,
  },
  dmPolicy: {
    label: "Who may write direct messages",
    help: 'pairing: who is unknown gets a code to approve. allowlist: the owner and the listed inbox ids. open: everybody, with "*" in the list. disabled: nobody.',
    placeholder: DEFAULT_DM_POLICY,
    advanced: true,
    order: 10,
  },
  allowFrom: { label: "Allowed inbox ids for direct messages", advanced: true, order: 11 },
  apiUrl: {
    label: "Node address",
    help: "Another XMTP node than the network's own. https, or http to this machine.",
    advanced: true,
    order: 12,
  },
  "turnBudget.perPerson": {
    label: "Answers per person",
    help: "Turns of the agent that one person may cause within ten minutes; further messages wait.",
    placeholder: String(DEFAULT_TURN_BUDGET.perPerson),
    advanced: true,
    order: 13,
  },
  "turnBudget.perAccount": {
    label: "Answers in all",
    help: "Turns of the agent that all people together may cause within an hour; further messages wait.",
    placeholder: String(DEFAULT_TURN_BUDGET.perAccount),
    advanced: true,
    order: 14,
  },
  ackReaction: {
    label: "Reaction on receipt",
    help: "Emoji set on a message that is being answered. Empty: none. Default: messages.ackReaction.",
    placeholder: "👀",
    advanced: true,
    order: 15,
  },
  strings: {
    label: "Texts that people see",
    help: "In your language; docs/channels/convos.md has the keys.",
    advanced: true,
    order: 16,
  },
  debug: { label: "Detailed log", advanced: true, order: 17 },
});
