import { bech32 } from "@scure/base";
import { describe, expect, it } from "vitest";
import { scriptPrompter, type ScriptedAnswer } from "../../../test/support/scripted-prompter.ts";
import { parseContacts, settleAccess } from "./setup-access.ts";

const idOf = (byte: number): string =>
  bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(byte)));
const PAT = idOf(1);
const EVE = idOf(2);

async function access(
  answers: readonly ScriptedAnswer[],
  section: object = {},
  { offersOwner = true } = {},
) {
  const scripted = scriptPrompter(answers);
  const before = { channels: { gossip: section } };
  const { cfg, result } = await settleAccess(before, "default", scripted, { offersOwner });
  return { section: cfg.channels?.["gossip"], owner: result, ...scripted };
}

describe("who may write", () => {
  it("is whoever gets approved, by default", async () => {
    expect((await access(["pairing"])).section).toEqual({ dmPolicy: "pairing" });
  });

  it("settles with the same answer whether the person proves now to be the owner", async () => {
    expect(await access(["owner"])).toMatchObject({
      section: { dmPolicy: "pairing" },
      owner: "now",
    });
    expect((await access(["pairing"])).owner).toBe("later");
    expect((await access(["disabled"])).owner).toBe("ask");
    expect((await access(["allowlist", PAT])).owner).toBe("ask");
  });

  it("does not offer to be owner where the bot has one, or no id yet", async () => {
    await expect(access(["owner"], {}, { offersOwner: false })).rejects.toThrow("no option owner");
    expect((await access(["pairing"], {}, { offersOwner: false })).section).toEqual({
      dmPolicy: "pairing",
    });
  });

  it("takes ids, links and the text of QR codes, each person once", async () => {
    const pasted = `${PAT.toUpperCase()}, gossip:${PAT}\nhttps://app.example/invite/${EVE}?name=Eve`;
    const { section } = await access(["allowlist", pasted]);
    expect(section).toEqual({ dmPolicy: "allowlist", allowFrom: [PAT, EVE] });
  });

  it("refuses what is no id, and says which entry it is", async () => {
    const wrong = `${PAT} ${PAT.slice(0, -1)}x`;
    const { refused, section } = await access(["allowlist", wrong, "", PAT]);
    expect(refused).toEqual([
      "Entry 2 is no Gossip id and no invite link",
      "At least one id: gossip1 and 58 more characters",
    ]);
    expect(section).toMatchObject({ allowFrom: [PAT] });
  });

  it("keeps the people who are listed, and drops the wildcard of a policy that is left", async () => {
    const { section } = await access(["disabled"], { dmPolicy: "open", allowFrom: ["*", PAT] });
    expect(section).toEqual({ dmPolicy: "disabled", allowFrom: [PAT] });
  });

  it("takes the access groups that it offers from the list, and groups that are typed", async () => {
    const before = { dmPolicy: "allowlist", allowFrom: ["accessGroup:crew", PAT] };
    const typed = `accessGroup:crew ${EVE} accessGroup:`;
    const answers = ["allowlist", typed, `accessGroup:crew ${EVE}`];
    const { refused, section } = await access(answers, before);
    expect(refused).toEqual(["Entry 3 is no Gossip id and no invite link"]);
    expect(section).toMatchObject({ allowFrom: ["accessGroup:crew", EVE] });
  });

  it("drops a wildcard that stood alone", async () => {
    const { section } = await access(["pairing"], { dmPolicy: "open", allowFrom: ["*"] });
    expect(section).toEqual({ dmPolicy: "pairing", allowFrom: [] });
  });

  it("does not offer everybody to who has not chosen it before", async () => {
    await expect(access(["open"])).rejects.toThrow("no option open");
    const { section } = await access(["open"], { dmPolicy: "open", allowFrom: ["*"] });
    expect(section).toEqual({ dmPolicy: "open", allowFrom: ["*"] });
  });

  it("counts the entries that are wrong", () => {
    expect(parseContacts(`x ${PAT} gossip://invite/`)).toEqual({ ids: [PAT], wrong: [1, 3] });
  });
});
