import { expect, it } from "vitest";
import { resolveMeshAccount } from "./accounts.ts";
import { createChatStrings } from "./strings.ts";

it("takes the texts of an account before those of the section", () => {
  const cfg = {
    channels: {
      mesh: {
        strings: { approved: "Willkommen.", senderIdLine: "Kennung: {id}" },
        accounts: { work: { strings: { approved: "Guten Tag." } } },
      },
    },
  };
  const of = (id: string) => createChatStrings(resolveMeshAccount(cfg, id).strings);
  expect(of("work").approved).toBe("Guten Tag.");
  expect(of("work").senderIdLine("x")).toBe("Kennung: x");
  expect(of("default").approved).toBe("Willkommen.");
});
