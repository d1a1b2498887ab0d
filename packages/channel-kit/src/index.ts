// What a running account needs: its identity on disk, its lock, its tasks, its figures.
export {
  confirmBackup,
  createIdentity,
  findIdentity,
  isBackupConfirmed,
  renameIdentity,
  sessionFile,
  setAsidePath,
  setIdentityAside,
  type IdentityFolder,
  type IdentityRecord,
} from "./identity-file.ts";
export {
  openIdentity,
  type IdentityAccount,
  type IdentityMaker,
  type OpenedIdentity,
  type OpenIdentityOptions,
} from "./identity.ts";
export {
  claimAccount,
  claimIdentity,
  type ClaimedIdentity,
  type ClaimOptions,
} from "./claim-identity.ts";
export {
  acquireIdentityLock,
  findForeignHolder,
  lockFolders,
  type IdentityLock,
  type LockHolder,
  type LockOptions,
} from "./lock.ts";
export {
  ensurePrivateFolder,
  hasCode,
  readPrivateFile,
  syncFolder,
  writePrivateFile,
} from "./private-file.ts";
export { afterAbort, runBeside, runTogether, type Task } from "./run-together.ts";
export { resendWhenConnected, type ResendOptions } from "./resend.ts";
export { createNoticeLimit, type NoticeLimit } from "./notice-limit.ts";
export { createTurnTiming, type Backlog, type TimedFacts, type TurnTiming } from "./turn-timing.ts";
export {
  liveFiguresShape,
  readFigures,
  type ConnectionState,
  type FigureSources,
  type LiveFigures,
} from "./figures.ts";
export {
  createDeadLetterDesk,
  createSenderReader,
  type DeadLetter,
  type DeadLetterDesk,
  type DeadLetterOutcome,
} from "./dead-letters.ts";
export {
  createLiveAccounts,
  describeLive,
  type LiveAccountBasis,
  type LiveAccounts,
} from "./live-accounts.ts";
export { createOwnerDesk, type OwnerDesk } from "./owner-desk.ts";
export {
  BeginAnswerSchema,
  ClaimSchema,
  OWNER_WAIT_MS,
  ownerMethods,
  registerOwnerMethods,
} from "./owner-methods.ts";
export type { MethodScope } from "./register-method.ts";
export { createSendErrorMapper, type SendFailures } from "./send-failure.ts";
export {
  createStatusReporter,
  type StatusReporter,
  type StatusReporterOptions,
} from "./status-reporter.ts";
export { splitText, TEXT_CHUNK_CHARACTERS, toPlainText } from "./plain-text.ts";
export { capText, cleanName, emojiOf, tagPeer } from "./peer-text.ts";
export {
  receiveEvents,
  type EventSource,
  type IncomingEvent,
  type ReceiveOptions,
} from "./receive.ts";
export { createBudgetDesk, toTurnLimits, type BudgetDesk } from "./turn-budget.ts";
export { addReaction, removeReaction, type OwnReaction, type ReactionDesk } from "./reactions.ts";
export {
  createMessageActions,
  type ActionAccount,
  type CheckedCall,
  type MessageActionRules,
  type MessageActions,
} from "./message-actions.ts";
export { startAckReaction, type AckReactionOptions } from "./ack-reaction.ts";
export {
  DeadLettersAnswerSchema,
  operatorMethods,
  OutcomeAnswerSchema,
  registerAccountMethod,
  registerOperatorMethods,
} from "./operator-methods.ts";
export { secretKey } from "./mnemonic.ts";
export { readMethodParams, type ParamsProblem } from "./method-params.ts";
export {
  createPhraseGuard,
  createSecretGuard,
  joinSecretGuards,
  type SecretGuard,
  type SecretGuardOptions,
  type SecretGuards,
} from "./secret-rotation.ts";
export { createAllowlistAdapter } from "./allowlist-adapter.ts";
export { toTurnOptions, type TurnDispatch } from "./turn-dispatch.ts";
export { createActionsAdapter } from "./actions-adapter.ts";
export { collectOpenIssues, collectStopIssues, describeSnapshot } from "./account-snapshot.ts";
export { runWatchedTurn, sendPieces, type InboundHandler } from "./inbound-handler.ts";
export {
  startAccount,
  type AccountContext,
  type AccountLog,
  type AccountStart,
} from "./start-account.ts";
export type { EraseSenders } from "./erase-senders.ts";
export {
  runAccountRooms,
  type AccountConnection,
  type AccountRooms,
  type AccountRoomsOptions,
  type FactRules,
} from "./account-rooms.ts";
export { collectAccountIssues } from "./status-issues.ts";
export { createClientTransport, type ClientTransport, type TransportOptions } from "./transport.ts";
export { createOutboundAdapter } from "./outbound-adapter.ts";
export {
  AGENT_TURNS_RECORD,
  createAgentTurns,
  type AgentTurnLimit,
  type AgentTurns,
} from "./agent-turns.ts";
export { createAskerBook, type AskerBook } from "./asker-book.ts";
export { readMentions, type MentionQuery } from "./mentions.ts";
export {
  createGroupToolPolicy,
  DENIED_TO_OTHERS,
  type GroupToolRules,
} from "./group-tool-policy.ts";
