import { describe, expect, it } from "vitest";
import { readVerdict, tryParseCommand } from "./desk-commands.ts";

const ID = "a1b2c3";

function parse(text: string, answersNotice = false): string | undefined {
  const command = tryParseCommand(text, { name: "OpenClaw", answersNotice });
  return command && [command.verb, ...command.ids, ...command.numbers].join(" ");
}

describe("the owner's words to the desk", () => {
  it.each([
    ["status", "status"],
    ["  Status! ", "status"],
    ["@OpenClaw, help", "help"],
    ["openclaw: quiet A1B2C3", `quiet ${ID}`],
    [`approve ${ID} ddeeff00`, `approve ${ID} ddeeff00`],
    [`remove ${ID}`, `remove ${ID}`],
    [`mute ${ID}.`, `quiet ${ID}`],
  ])("%j is %s", (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  it.each([
    "status of the build?",
    "help me with the taxes",
    "approve",
    "approve 2",
    "yes",
    "no",
    `no ${ID}`,
    "remove milk from the list",
    "quiet please",
    "quiet a1b2",
    "invite everyone",
    "invite",
    "everyone",
    "",
    "/status",
    `approve ${"a".repeat(65)}`,
    `approve ${`${ID} `.repeat(26)}`,
  ])("%j is for the agent", (text) => {
    expect(parse(text)).toBeUndefined();
  });

  it.each([
    ["yes", "approve"],
    ["OK 2, 10", "approve 2 10"],
    ["everyone", "everyone"],
    ["no 1", "refuse 1"],
    ["remove", "remove"],
    ["quiet", "quiet"],
    [`yes ${ID}`, `approve ${ID}`],
  ])("in a reply to a notice %j is %s", (text, expected) => {
    expect(parse(text, true)).toBe(expected);
  });

  it.each(["yes, but only on Sundays", "who is that?", "no idea"])(
    "a sentence stays the agent's, in a reply too: %j",
    (text) => {
      expect(parse(text, true)).toBeUndefined();
    },
  );

  it("reads thumbs of every color, and nothing into other emojis", () => {
    expect(["👍", "👍🏽", "✅", "✅\uFE0F", "👥", "👎🏿", "❤️", "yes"].map(readVerdict)).toEqual([
      "approve",
      "approve",
      "everyone",
      "everyone",
      "everyone",
      "refuse",
      undefined,
      undefined,
    ]);
  });
});
