import { beforeAll, describe, expect, it } from "vitest";
import { openBackup, sealBackup } from "./backup-file.ts";
import { SecretText } from "./secret-text.ts";

const words =
  "abandon ability able about above absent absorb abstract absurd abuse access accident";
const passphrase = new SecretText("correct horse battery");
const content = { userId: "demo1abc", username: "bot", mnemonic: new SecretText(words) };
let file: string;

beforeAll(async () => {
  file = await sealBackup("demo", content, passphrase, new Date(0));
});

describe("the sealed backup of an identity", () => {
  it("gives back what went in, and shows none of it", async () => {
    const opened = await openBackup("demo", file, passphrase);
    expect(opened.mnemonic.reveal()).toBe(words);
    expect({ ...opened, mnemonic: "" }).toEqual({ ...content, mnemonic: "" });
    expect(file).not.toMatch(/abandon|demo1abc|bot"/);
  });

  it("opens with the same passphrase however its letters are composed", async () => {
    const sealed = await sealBackup("demo", content, new SecretText("grüße an alle!"), new Date(0));
    const opened = await openBackup("demo", sealed, new SecretText("gru\u0308ße an alle!"));
    expect(opened.userId).toBe(content.userId);
  });

  it("refuses another passphrase", async () => {
    await expect(
      openBackup("demo", file, new SecretText("correct horse batterx")),
    ).rejects.toMatchObject({
      code: "backup_unreadable",
    });
  });

  it("refuses the backup of another channel", async () => {
    await expect(openBackup("other", file, passphrase)).rejects.toMatchObject({
      code: "backup_unreadable",
    });
  });

  it.each([
    ["a changed date", (text: string) => text.replace("1970-01-01", "1971-01-01")],
    ["a changed letter of the contents", (text: string) => flip(text)],
    ["a cut file", (text: string) => text.slice(0, -30)],
    ["a newer version", (text: string) => text.replace('"version": 1', '"version": 2')],
    ["a cost beyond reason", (text: string) => text.replace('"N": 131072', '"N": 1048576')],
    ["something else", () => "{}"],
  ])("refuses %s", async (_what, change) => {
    await expect(openBackup("demo", change(file), passphrase)).rejects.toMatchObject({
      code: "backup_unreadable",
    });
  });
});

function flip(text: string): string {
  return text.replace(
    /"data": "(.)/,
    (_match, first: string) => `"data": "${first === "A" ? "B" : "A"}`,
  );
}
