import { expect, it } from "vitest";
import { createChatStringsSchema, fillChatStrings } from "./chat-strings.ts";

it("says what the operator wrote, and our words for the rest", () => {
  const strings = fillChatStrings("Your id: {id}", { senderIdLine: "Deine Kennung: {id}" });
  expect(strings.senderIdLine("pat")).toBe("Deine Kennung: pat");
  expect(strings.approved).toBe("You're in. Please send your message again.");
  expect(fillChatStrings("Your id: {id}", {}).senderIdLine("pat")).toBe("Your id: pat");
});

it("takes no empty text, and none that is not ours", () => {
  const schema = createChatStringsSchema();
  expect(schema.safeParse({ approved: " Willkommen. " })).toMatchObject({
    data: { approved: "Willkommen." },
  });
  for (const wrong of [{ approved: " " }, { greeting: "Hello" }, { approved: "x".repeat(1001) }]) {
    expect(schema.safeParse(wrong).success).toBe(false);
  }
});
