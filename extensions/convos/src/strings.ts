// Every text of ours that people in a conversation can see. Each can be set per account under `strings`;
// docs/channels/convos.md has the table.
import * as z from "zod";

const MAX_CHARACTERS = 1000;

const text = z.string().trim().min(1).max(MAX_CHARACTERS);

/** `{words}` in braces are filled in, see {@link fillText}. */
const DEFAULTS = {
  /** In the owner conversation while nobody is owner; once per start. */
  noOwner:
    "I don't know yet who owns me. Whoever runs me: on my machine, run `{command}` and send me the code here.",
  /** After the operator said that the sender of the owner code is he. */
  ownerWelcome: "You are the owner of this bot now. Just write.",
  /** To somebody who wrote more than the turn budget allows; at most once per window. */
  budgetUsedUp:
    "You have sent more messages than I may answer right now. I keep them, and answer them in order as soon as I can.",
  /** Second line of OpenClaw's pairing message, in a direct conversation; `{id}` is the reader's own inbox id. */
  senderIdLine: "Your Convos inbox id: {id}",
  /** In a direct conversation, after somebody approved the sender. The message that asked for the code is not run. */
  directApproved: "You're in. Please send your message again.",
  /** What the app shows while the agent works: "is thinking about …". */
  thinkingAbout: "your message",
  /** In a conversation that had one other member, when the second one is there; once. */
  mentionNeeded:
    "There are more of us now. From here on I answer when you write {name}, or reply to me. I begin anew: what was said before stays between those who said it.",
  /** The same in the owner conversation. */
  ownerNotAlone:
    "Somebody else is in here now, and reads what I write. I hear only my owner here, and only with {name} or a reply. I begin anew, and give invites and lists when we are alone.",
  /** To people whom the owner let in; once. */
  approved: "{people}: I hear you now. Please write again.",
  /** To a conversation that the owner let in; once. */
  approvedEveryone: "I hear everybody who is in here now. Please write again.",
  /** To the owner: who asks, one line each. */
  ask: "{people}\n\n👍 lets in who is named here, ✅ everybody who is there now, 👎 nobody. Or reply: yes, everyone, no.",
  /** One person in {@link ask}. */
  askPerson: "{number}{person} wants to talk to me in {conversation}.",
  /** Behind the people in {@link ask} when there are more. */
  askMore: "… and {count} more. Write: status",
  /** To the owner: too many people asked to join a conversation. */
  invitesRevoked:
    "Far more people asked to join {conversation} than may, so I ended its invites. For a new one write: invite {id}",
  /** To the owner: people wait to join a conversation, because too many ask within the hour. */
  joinsWaiting:
    "More people ask to join {conversation} than may within an hour. They wait; to end all its invites: openclaw convos invite revoke",
  /** To the owner, after a restore from the words: a group of which nobody can prove whose it is. */
  restoreOffered:
    "After the restore, {conversation} may be one of mine, or a stranger's. I do nothing in it until you write: take {id}, or: drop {id}",
  /** To the owner: somebody who is heard has a device that he did not have before. */
  newDevice:
    "{person} writes in {conversation} and has a new device. I hear it as the same person. If it is not: remove {id}",
  deskTaken: "{conversation} is mine again.",
  deskDropped: "{conversation} is none of mine.",
  deskApproved: "Yes: I hear {people}.",
  deskApprovedEveryone: "Yes: I hear everybody who is in {conversation} now ({count}).",
  /** To the owner, whose word for everybody came in long after he gave it. */
  deskEveryoneLate:
    "You said that a while ago, and others may have come since. If you still mean everybody, write: everyone {id}",
  deskRefused: "No: I don't hear {people}, and won't ask again.",
  deskRemoved: "I don't hear {people} any more.",
  deskStillHeard:
    '{people} is still heard: everybody is, by groupPolicy, by "*" in a list, or by an access group. Change that on my machine.',
  deskOwnerStays:
    "That is an owner. Owners are taken off on my machine: openclaw config get commands.ownerAllowFrom",
  deskQuiet: "I am quiet in {conversation}. To end that: unquiet {id}",
  deskUnquiet: "I hear {conversation} again.",
  deskNotQuiet: "Not in here: I would not hear you any more.",
  deskInvite: "An invite to {conversation}, for one person, for a day:\n{url}",
  deskNoInvite: "I cannot invite to {conversation}: I did not make it. Ask who did.",
  deskNotAlone: "Not while somebody else reads this.",
  deskUnknown: "I know nobody and nothing called {id}. Write: status",
  deskAmbiguous: "Which one? {candidates}",
  deskStatus: "{conversations}\n\n{people}",
  deskStatusConversation: "{conversation}: {count} members{quiet}",
  deskStatusQuiet: ", quiet",
  /** Behind the people in {@link deskStatus} when there are more. */
  deskStatusMore: "… and {count} more.",
  deskStatusNobody: "Nobody waits to be let in.",
  deskHelp:
    "What I do for my owner, in here:\nstatus: my conversations, and who waits\napprove ID, remove ID: a person, by the id that I show\neveryone ID: all who are in a conversation now\nquiet ID, unquiet ID: a conversation\ninvite ID: a link to a conversation\nWhen I ask about somebody: 👍 ✅ 👎, or a reply: yes, everyone, no.\nEverything else goes to the agent.",
} as const;

type StringKey = keyof typeof DEFAULTS;

/** The texts of one account: ours, and in their place what the operator wrote. */
export type ChatStrings = Readonly<Record<StringKey, string>>;

export type ChatStringOverrides = Readonly<Partial<ChatStrings>>;

const KEYS = Object.keys(DEFAULTS).filter((key) => isKey(key));

export const chatStringsSchema = z.partialRecord(z.enum(KEYS), text);

export function createChatStrings(overrides: ChatStringOverrides = {}): ChatStrings {
  return { ...DEFAULTS, ...overrides };
}

/** Fills `{name}`s of a text, each once: what is filled in is left as it is. Unknown ones stay. */
export function fillText(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/gu, (whole, key: string) =>
    Object.hasOwn(values, key) ? (values[key] ?? whole) : whole,
  );
}

function isKey(key: string): key is StringKey {
  return Object.hasOwn(DEFAULTS, key);
}
