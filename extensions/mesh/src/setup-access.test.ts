import { describe, expect, it } from "vitest";
import { scriptPrompter, type ScriptedAnswer } from "../../../test/support/scripted-prompter.ts";
import { peerIdOf } from "../test-support/facts.ts";
import { settleAccess } from "./setup-access.ts";
import { settleNetwork } from "./setup-network.ts";

const [PAT, EVE] = [peerIdOf(1), peerIdOf(2)];

async function access(
  answers: readonly ScriptedAnswer[],
  section: object = {},
  { isNew = true, offersOwner = true } = {},
) {
  const scripted = scriptPrompter(answers);
  const before = { channels: { mesh: section } };
  const { cfg, result } = await settleAccess(before, "default", scripted, { isNew, offersOwner });
  return { section: cfg.channels?.["mesh"], owner: result, ...scripted };
}

describe("who may write", () => {
  it("is one question for a new bot, which settles too whether its owner proves himself now", async () => {
    expect(await access(["owner"])).toMatchObject({
      section: { dmPolicy: "pairing" },
      owner: "now",
      asked: ["Who may write to the bot?"],
    });
    expect((await access(["pairing"])).owner).toBe("later");
    expect((await access(["disabled"])).owner).toBe("ask");
    expect((await access(["allowlist", PAT])).section).toEqual({
      dmPolicy: "allowlist",
      allowFrom: [PAT],
    });
  });

  it("does not offer to be owner where there is one, or nobody could send a code", async () => {
    await expect(access(["owner"], {}, { offersOwner: false })).rejects.toThrow("no option owner");
  });

  it("asks of a bot that has run before who is heard in channels", async () => {
    const { section } = await access(["pairing", `${PAT} ${EVE}`], {}, { isNew: false });
    expect(section).toEqual({ dmPolicy: "pairing", groupAllowFrom: [PAT, EVE] });
  });

  it("takes the access groups that it offers from the lists", async () => {
    const groups = ["accessGroup:crew"];
    const before = { dmPolicy: "allowlist", allowFrom: groups, groupAllowFrom: groups };
    const answers = ["allowlist", "accessGroup:crew", `accessGroup:crew ${PAT}`];
    const { refused, section } = await access(answers, before, { isNew: false });
    expect(refused).toEqual([]);
    expect(section).toMatchObject({ groupAllowFrom: groups, allowFrom: [...groups, PAT] });
  });

  it("drops the wildcard of a policy that is left", async () => {
    const open = { dmPolicy: "open", allowFrom: ["*", PAT] };
    expect((await access(["owner"], open)).section).toEqual({
      dmPolicy: "pairing",
      allowFrom: [PAT],
    });
  });
});

describe("where other peers are", () => {
  it("is one question for a new bot, and another one about channels later", async () => {
    const before = { channels: { mesh: {} } };
    const first = scriptPrompter(["wss://a.example"]);
    expect(await settleNetwork(before, "default", first, { isNew: true })).toEqual({
      channels: { mesh: { peers: ["wss://a.example"] } },
    });
    const later = scriptPrompter(["https://a.example/list.json", "lobby #dev"]);
    expect(await settleNetwork(before, "default", later, { isNew: false })).toEqual({
      channels: {
        mesh: { bootstrapUrl: "https://a.example/list.json", channels: ["lobby", "#dev"] },
      },
    });
  });
});
