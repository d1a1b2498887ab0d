/* oxlint-disable typescript/no-unsafe-enum-assignment -- see below */
import type { IdentifierKind, ReactionAction, ReactionSchema } from "@xmtp/node-sdk";

// The SDK declares its enums const, which this project's way of compiling cannot read: only the numbers are left.
export const ETHEREUM = 0 as IdentifierKind.Ethereum;
export const REACTION_ADDED = 1 as ReactionAction.Added;
export const REACTION_UNICODE = 1 as ReactionSchema.Unicode;
