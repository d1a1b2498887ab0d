// Every text of ours that a chat partner can see. (Pairing codes and notices about restarts are worded by OpenClaw.)

export const chatStrings = {
  /** Second line of OpenClaw's pairing message. */
  senderIdLine: (userId: string): string => `Your Gossip user id: ${userId}`,
  /** After somebody approved the sender. The message that asked for the code is not run. */
  approved: "You're in. Please send your message again.",
  /** After the operator said that the sender of the owner code is he. */
  ownerWelcome: "You are the owner of this bot now. Just write.",
  /** To somebody who wrote more than the turn budget allows; at most once per window. */
  budgetUsedUp:
    "You have sent more messages than I may answer right now. I keep them, and answer them in order as soon as I can.",
} as const;
