import type { SetupPrompter } from "channel-kit/terminal";

/** What the person answers: the value of a choice, a text, or yes and no. */
export type ScriptedAnswer = string | boolean;

/**
 * A prompter whose person gives these answers in turn. A text that the question refuses is followed by the next answer, as
 * a person would correct it. An answer that is no option of a choice, or a question too many, fails the test.
 */
export function scriptPrompter(answers: readonly ScriptedAnswer[]) {
  const rest = [...answers];
  const asked: string[] = [];
  const refused: string[] = [];
  const notes: string[] = [];
  const next = (message: string): ScriptedAnswer => {
    asked.push(message);
    const answer = rest.shift();
    if (answer === undefined) throw new Error(`not scripted: ${message}`);
    return answer;
  };
  const prompter: SetupPrompter = {
    intro: () => Promise.resolve(),
    outro: () => Promise.resolve(),
    note: async (message) => {
      notes.push(message);
    },
    plain: async (message) => {
      notes.push(message);
    },
    select: async ({ message, options }) => {
      const answer = next(message);
      const option = options.find(({ value }) => value === answer);
      if (option === undefined) throw new Error(`${message}: no option ${String(answer)}`);
      return option.value;
    },
    multiselect: () => Promise.reject(new Error("not scripted: multiselect")),
    text: async ({ message, validate }) => {
      for (;;) {
        const answer = String(next(message));
        const problem = validate?.(answer);
        if (problem === undefined) return answer;
        refused.push(problem);
      }
    },
    confirm: async ({ message }) => next(message) === true,
    progress: () => ({ update: () => undefined, stop: () => undefined }),
  };
  return { prompter, asked, refused, notes, unused: () => rest.length };
}
