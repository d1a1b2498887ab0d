// Files, either way. An entry of its own: the host's media rooms are large, and most messages are texts.
export { createFileFetcher, type FetchExceptions, type FetchFile } from "./fetch-file.ts";
export { resolveFileType } from "./file-type.ts";
export {
  loadFiles,
  type LoadedFiles,
  type LoadOptions,
  type SaveFile,
  type WantedFile,
} from "./load-files.ts";
export {
  deleteFiles,
  isStored,
  mediaFolderOf,
  readFileLimit,
  saveFile,
  type MediaPlace,
} from "./media-store.ts";
export {
  loadOutgoing,
  type OutgoingFile,
  type OutgoingMedia,
  type OutgoingRules,
} from "./load-outgoing.ts";
export { createStoredFiles, type StoredFile, type StoredFiles } from "./stored-files.ts";
