/* oxlint-disable typescript/no-unsafe-enum-assignment, typescript/no-unsafe-type-assertion -- The one place that names these values; a test compares them with the native module. */
import type {
  ConsentState,
  DeliveryStatus,
  GroupMessageKind,
  GroupPermissionsOptions,
  IdentifierKind,
  LogLevel,
  MessageSortBy,
  PermissionLevel,
  PermissionPolicy,
  PermissionUpdateType,
  SortDirection,
  SyncWorkerMode,
  WorkerKind,
  XmtpEnv,
} from "@xmtp/node-bindings";

/*
 * Values of the native module's enums. Its declarations are `const enum`s, which a file that is compiled alone cannot
 * read, so that the types are asserted here, once; a test compares the values with what the module has.
 */
export const CONSENT = {
  unknown: 0 as ConsentState.Unknown,
  allowed: 1 as ConsentState.Allowed,
  denied: 2 as ConsentState.Denied,
} as const;
export const GROUP_POLICY = {
  everybody: 0 as GroupPermissionsOptions.Default,
  adminOnly: 1 as GroupPermissionsOptions.AdminOnly,
} as const;
export const IDENTIFIER_ETHEREUM = 0 as IdentifierKind.Ethereum;
export const SORT_BY_SENT = 0 as MessageSortBy.SentAt;
export const DIRECTION = {
  ascending: 0 as SortDirection.Ascending,
  descending: 1 as SortDirection.Descending,
} as const;
export const LEVEL = {
  member: 0 as PermissionLevel.Member,
  admin: 1 as PermissionLevel.Admin,
  superAdmin: 2 as PermissionLevel.SuperAdmin,
} as const;
export const POLICY = {
  allow: 0 as PermissionPolicy.Allow,
  deny: 1 as PermissionPolicy.Deny,
} as const;
export const UPDATE_ADD_MEMBER = 0 as PermissionUpdateType.AddMember;
export const KIND_APPLICATION = 0 as GroupMessageKind.Application;
export const DELIVERY = {
  unpublished: 0 as DeliveryStatus.Unpublished,
  published: 1 as DeliveryStatus.Published,
  failed: 2 as DeliveryStatus.Failed,
} as const;
export const LOG_OFF = "Off" as LogLevel.Off;
export const SYNC_DISABLED = "Disabled" as SyncWorkerMode.Disabled;
export const ENVIRONMENT = {
  production: "Production" as XmtpEnv.Production,
  dev: "Dev" as XmtpEnv.Dev,
  local: "Local" as XmtpEnv.Local,
} as const;
export const WORKER = {
  deviceSync: "DeviceSync" as WorkerKind.DeviceSync,
  disappearingMessages: "DisappearingMessages" as WorkerKind.DisappearingMessages,
  commitLog: "CommitLog" as WorkerKind.CommitLog,
} as const;
