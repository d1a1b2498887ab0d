import { expect, it } from "vitest";
import { identityMaker } from "./client-identity.ts";

const WORDS = `${"abandon ".repeat(11)}about`;

it("words give the same peer id for ever (docs/adr/0019-mesh-identity.md)", async () => {
  const { userId } = await identityMaker.derive(WORDS);
  expect(userId).toBe("WRXVdBWj05nRbuynOGR57P1er_C869qR77PD54776iI");
  expect(
    (await identityMaker.derive(` ${WORDS.toUpperCase().replaceAll(" ", "  ")}\n`)).userId,
  ).toBe(userId);
});

it("what the library would fold is refused", async () => {
  await expect(identityMaker.derive(WORDS.replace("about", "ａbout"))).rejects.toMatchObject({
    code: "mnemonic_invalid",
  });
});
