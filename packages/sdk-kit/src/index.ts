export { Alarm } from "./alarm.ts";
export { type Row, rowNumberBytes } from "./columns.ts";
export { definePlainStore } from "./define-plain-store.ts";
export { defineStore } from "./define-store.ts";
export type { Sealer } from "./sealer.ts";
export type { Statement } from "./statement.ts";
export { StatusNotifier } from "./status-notifier.ts";
export { streamRows } from "./stream-rows.ts";
export { runTasks, type Task } from "./task-scope.ts";
