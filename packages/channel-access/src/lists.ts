// What stands in the lists of a configuration, for doctor. It loads nothing of the host.
export { listGroupMembers } from "./contact-book.ts";
