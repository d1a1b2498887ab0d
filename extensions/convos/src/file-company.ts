// A picture and what is said about it are two messages in Convos. Where only messages for the agent are heard, the picture
// alone is for nobody: it is heard when its sender calls the agent a moment before or after it.
import { personKey, type InboundMessage } from "./inbound.ts";

/** What people take to write a caption. */
const MOMENT_MS = 15_000;
/** Of one person, the newest ones. */
const MAX_KEPT = 4;
const MAX_PEOPLE = 100;

export interface FileCompany {
  /** A message that is for nobody by itself. @returns Whether it goes with one that was for the agent. */
  goesAlong(message: InboundMessage): boolean;
  /** A message is for the agent. @returns Files of its sender from just before, oldest first; each once. */
  gather(message: InboundMessage): InboundMessage[];
}

/** In memory only: nothing is fetched for these messages, and after a restart a picture without a word is just that. */
export function createFileCompany(now: () => number): FileCompany {
  const kept = new Map<string, { readonly atMs: number; readonly messages: InboundMessage[] }>();
  const called = new Map<string, number>();
  const isFresh = (atMs: number | undefined): boolean =>
    atMs !== undefined && now() - atMs < MOMENT_MS;
  return {
    goesAlong: (message) => {
      if (message.files === undefined) return false;
      const person = personKey(message);
      if (isFresh(called.get(person))) return true;
      const before = kept.get(person);
      const messages = before !== undefined && isFresh(before.atMs) ? before.messages : [];
      remember(kept, person, { atMs: now(), messages: [...messages, message].slice(-MAX_KEPT) });
      return false;
    },
    gather: (message) => {
      const person = personKey(message);
      remember(called, person, now());
      const found = kept.get(person);
      kept.delete(person);
      return found !== undefined && isFresh(found.atMs) ? found.messages : [];
    },
  };
}

/** The newest people stay. */
function remember<T>(people: Map<string, T>, person: string, value: T): void {
  people.delete(person);
  people.set(person, value);
  const [oldest] = people.keys();
  if (people.size > MAX_PEOPLE && oldest !== undefined) people.delete(oldest);
}
