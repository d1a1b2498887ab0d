import { DOWN, ENTER, type TerminalSession } from "channel-testing";

/** Somebody who goes through a wizard; who may write is asked as Gossip asks it. Each question that is answered counts. */
export function createWizardUser(terminal: TerminalSession) {
  let prompts = 0;
  const answer = async (question: RegExp, keys: string): Promise<RegExpExecArray> => {
    const match = await terminal.whenShown(question);
    prompts += 1;
    terminal.type(keys);
    return match;
  };
  return {
    prompts: () => prompts,
    answer,
    chooseCreate: () =>
      answer(/Identity[\s\S]*Create a new one[\s\S]*Use a secret reference/, ENTER),
    chooseRestore: () =>
      answer(/Identity[\s\S]*Create a new one[\s\S]*Use a secret reference/, `${DOWN}${ENTER}`),
    /** Writes the words down and types three of them. @returns The words. */
    writeWordsDown: async (): Promise<string[]> => {
      const page = await answer(/recovery phrase[\s\S]*on paper\./, ENTER);
      const words = [...page[0].matchAll(/(\d+)\. ([a-z]+)/g)]
        .toSorted((left, right) => Number(left[1]) - Number(right[1]))
        .map(([, , word]) => word ?? "");
      for (const place of [3, 7, 11]) {
        await terminal.whenShown(new RegExp(`Word ${place}:`));
        terminal.type(`${words[place - 1]}${ENTER}`);
      }
      return words;
    },
    /** Chooses to be owner at once. @returns The bot's id and the code to send from the phone. */
    letOwnerWrite: async (): Promise<{ bot: string; code: string }> => {
      await answer(/Who may write[\s\S]*● You, and people you approve[\s\S]*Nobody yet/, ENTER);
      const bot = await readCardId(terminal);
      return { bot, code: await readCode(terminal) };
    },
    /** Leaves the owner for later. @returns The bot's id, from the card that follows. */
    letApprovedPeopleWrite: async (): Promise<string> => {
      await answer(/Who may write[\s\S]*● You, and people[\s\S]*Nobody yet/, `${DOWN}${ENTER}`);
      return await readCardId(terminal);
    },
    confirmOwner: async (userId: string): Promise<void> => {
      await answer(new RegExp(`Is this you\\? ${userId}`), "y");
    },
  };
}

async function readCardId(terminal: TerminalSession): Promise<string> {
  const [id] = await terminal.whenShown(/gossip1[a-z0-9]{58}/);
  return id;
}

export async function readCode(terminal: TerminalSession): Promise<string> {
  const shown = await terminal.whenShown(/\b([2-9B-Z]{4}-[2-9B-Z]{4})\b/);
  return shown[1] ?? "";
}

/** How many lines below the first option of a list the one with this name is. */
export function placeOf(list: string, name: string): number {
  const options = list.split("\n").filter((line) => /[●○]/.test(line));
  return options.findIndex((line) => line.includes(name));
}
