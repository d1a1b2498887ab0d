export { Alarm } from "./alarm.ts";
export { rowNumberBytes } from "./columns.ts";
export { defineStore } from "./define-store.ts";
export type { Sealer } from "./sealer.ts";
export { StatusNotifier } from "./status-notifier.ts";
export { streamRows } from "./stream-rows.ts";
export { runTasks, type Task } from "./task-scope.ts";
