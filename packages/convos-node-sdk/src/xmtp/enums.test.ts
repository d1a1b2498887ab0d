import * as native from "@xmtp/node-bindings";
import { expect, it } from "vitest";
import * as named from "./enums.ts";

/** What the native module has at run time; its declarations say that there is nothing. */
const there: Record<string, Record<string, string | number> | undefined> = Object.fromEntries(
  Object.entries(native).flatMap(([name, value]) => (isEnum(value) ? [[name, value]] : [])),
);

it.each([
  ["ConsentState", "Unknown", named.CONSENT.unknown],
  ["ConsentState", "Allowed", named.CONSENT.allowed],
  ["ConsentState", "Denied", named.CONSENT.denied],
  ["GroupPermissionsOptions", "Default", named.GROUP_POLICY.everybody],
  ["GroupPermissionsOptions", "AdminOnly", named.GROUP_POLICY.adminOnly],
  ["IdentifierKind", "Ethereum", named.IDENTIFIER_ETHEREUM],
  ["MessageSortBy", "SentAt", named.SORT_BY_SENT],
  ["SortDirection", "Ascending", named.DIRECTION.ascending],
  ["SortDirection", "Descending", named.DIRECTION.descending],
  ["PermissionLevel", "Member", named.LEVEL.member],
  ["PermissionLevel", "Admin", named.LEVEL.admin],
  ["PermissionLevel", "SuperAdmin", named.LEVEL.superAdmin],
  ["PermissionPolicy", "Allow", named.POLICY.allow],
  ["PermissionPolicy", "Deny", named.POLICY.deny],
  ["PermissionUpdateType", "AddMember", named.UPDATE_ADD_MEMBER],
  ["DeliveryStatus", "Unpublished", named.DELIVERY.unpublished],
  ["DeliveryStatus", "Published", named.DELIVERY.published],
  ["DeliveryStatus", "Failed", named.DELIVERY.failed],
  ["GroupMessageKind", "Application", named.KIND_APPLICATION],
  ["LogLevel", "Off", named.LOG_OFF],
  ["SyncWorkerMode", "Disabled", named.SYNC_DISABLED],
  ["XmtpEnv", "Production", named.ENVIRONMENT.production],
  ["XmtpEnv", "Dev", named.ENVIRONMENT.dev],
  ["XmtpEnv", "Local", named.ENVIRONMENT.local],
  ["WorkerKind", "DeviceSync", named.WORKER.deviceSync],
  ["WorkerKind", "DisappearingMessages", named.WORKER.disappearingMessages],
  ["WorkerKind", "CommitLog", named.WORKER.commitLog],
])("names %s.%s as the native module does", (type, name, value) => {
  expect(there[type]?.[name]).toBe(value);
});

function isEnum(value: unknown): value is Record<string, string | number> {
  return typeof value === "object" && value !== null;
}
