import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type DraftUpdate,
  encodeUpdate,
  installationOf,
  signUpdate,
  walletOf,
} from "../../test-support/identity-author.ts";
import { refusalOf } from "../../test-support/refusal.ts";
import { identifierChanges, readIdentityUpdate } from "./identity-update.ts";
import { inboxIdOf, memberKey, replayUpdates } from "./inbox-state.ts";

const owner = walletOf(1);
const friend = walletOf(2);
const stranger = walletOf(3);
const phone = installationOf(11);
const laptop = installationOf(12);
const inboxId = inboxIdOf(owner.address, 1n);

const register: DraftUpdate = {
  inboxId,
  actions: [
    { kind: "create", owner: owner.address, by: owner },
    { kind: "add", member: phone.member, by: owner, with: phone },
  ],
};
const linkFriend: DraftUpdate = {
  inboxId,
  seconds: 1_700_000_001,
  actions: [{ kind: "add", member: friend.member, by: phone, with: friend }],
};
const friendAddsLaptop: DraftUpdate = {
  inboxId,
  seconds: 1_700_000_002,
  actions: [{ kind: "add", member: laptop.member, by: friend, with: laptop }],
};

function membersAfter(...drafts: DraftUpdate[]): string[] {
  return [...replayUpdates(drafts.map(signUpdate)).members.keys()];
}

/** Why the last update is refused; the ones before it are fine. */
function whyLastIsRefused(...drafts: DraftUpdate[]): string {
  const updates = drafts.map(signUpdate);
  const earlier = updates.slice(0, -1);
  if (earlier.length > 0) replayUpdates(earlier);
  return refusalOf(() => replayUpdates(updates)).message;
}

describe("the log of an inbox", () => {
  it("that a real client wrote is followed to its end", () => {
    const vector = readVector();
    const updates = vector.updates.map((hex) => readIdentityUpdate(Buffer.from(hex, "hex")));
    const steps = updates.map((_, n) => replayUpdates(updates.slice(0, n + 1)));
    const installation = `installation:${vector.installation}`;
    const secondInstallation = `installation:${vector.secondInstallation}`;
    expect(steps.map(({ members }) => [...members.keys()])).toEqual([
      [vector.owner, installation],
      [vector.owner, installation, secondInstallation],
      [vector.owner, installation, secondInstallation, vector.secondWallet],
      [vector.owner, installation, vector.secondWallet],
      [vector.owner, installation],
      [vector.owner, installation],
    ]);
    expect(steps.map(({ recovery }) => recovery)).toEqual([
      ...Array.from({ length: 5 }, () => vector.owner),
      vector.secondWallet,
    ]);
  });

  it("of a real client breaks with any byte of a signature changed", () => {
    const [first = ""] = readVector().updates;
    const bytes = Buffer.from(first, "hex");
    for (const offset of [70, 100, 200, 300, 380]) {
      const forged = Buffer.from(bytes);
      forged.writeUInt8(forged.readUInt8(offset) ^ 1, offset);
      const { code } = refusalOf(() => replayUpdates([readIdentityUpdate(forged)]));
      expect(code).toBe("INVALID_ARGUMENT");
    }
  });

  it("grows by members of members, and loses with an address the installations that it added", () => {
    const drafts = [register, linkFriend, friendAddsLaptop];
    expect(membersAfter(...drafts)).toEqual([owner, phone, friend, laptop].map(keyOf));
    const revoke: DraftUpdate = {
      inboxId,
      actions: [{ kind: "revoke", member: friend.member, by: owner }],
    };
    expect(membersAfter(...drafts, { ...revoke, seconds: 1_700_000_003 })).toEqual(
      [owner, phone].map(keyOf),
    );
  });

  it("lets the new recovery address revoke, and the old one no more", () => {
    const change: DraftUpdate = {
      inboxId,
      seconds: 1_700_000_003,
      actions: [{ kind: "recover", address: friend.address, by: owner }],
    };
    const revokeBy = (by: typeof owner): DraftUpdate => ({
      inboxId,
      seconds: 1_700_000_004,
      actions: [{ kind: "revoke", member: phone.member, by }],
    });
    expect(membersAfter(register, change, revokeBy(friend))).toEqual([keyOf(owner)]);
    expect(whyLastIsRefused(register, change, revokeBy(owner))).toContain("recovery address");
  });

  const add = (member: typeof phone, by: typeof phone, signer = member): DraftUpdate => ({
    inboxId,
    seconds: 1_700_000_009,
    actions: [{ kind: "add", member: member.member, by, with: signer }],
  });
  const create = (draft: Partial<DraftUpdate>, by = owner, nonce = 1n): DraftUpdate => ({
    inboxId,
    actions: [{ kind: "create", owner: owner.address, nonce, by }],
    ...draft,
  });

  it.each<[string, DraftUpdate[], string]>([
    ["created by another wallet", [create({}, stranger)], "not signed by the owner"],
    ["with a foreign id", [create({ inboxId: "0".repeat(64) })], "does not follow from its owner"],
    ["with another nonce", [create({}, owner, 2n)], "does not follow from its owner"],
    ["created twice", [register, create({ seconds: 5 })], "exists already"],
    ["that was never created", [add(phone, owner)], "does not exist"],
    ["joined by a stranger's word", [register, add(laptop, stranger)], "not signed by a member"],
    ["joined without consent", [register, add(laptop, owner, phone)], "by the new member"],
    ["joined by an installation's word", [register, add(laptop, phone)], "cannot add another one"],
    [
      "joined by the word of somebody revoked",
      [
        register,
        linkFriend,
        {
          inboxId,
          seconds: 1_700_000_002,
          actions: [{ kind: "revoke", member: friend.member, by: owner }],
        },
        add(laptop, friend),
      ],
      "not signed by a member",
    ],
    [
      "robbed by a member who has no right to revoke",
      [register, { inboxId, actions: [{ kind: "revoke", member: owner.member, by: phone }] }],
      "recovery address",
    ],
    ["with a signature used again", [register, linkFriend, linkFriend], "used again"],
    [
      "signed by an installation for another purpose",
      [register, add(installationOf(13), owner, installationOf(13, "ANYTHING ELSE"))],
      "wrong signature of an installation",
    ],
  ])("%s is refused", (_what, drafts, rule) => {
    expect(whyLastIsRefused(...drafts)).toContain(rule);
  });

  it("signed for one text does not hold for another", () => {
    const bytes = Buffer.from(encodeUpdate(register));
    const elsewhen = readIdentityUpdate(bytes);
    const moved = { ...elsewhen, clientTimestampNs: elsewhen.clientTimestampNs + 1_000_000_000n };
    expect(() => replayUpdates([moved])).toThrow("not signed by the owner");
  });

  it("refuses what it cannot check: a smart contract wallet", () => {
    const update = signUpdate(register);
    const [first] = update.actions;
    expect(first).toMatchObject({ kind: "create_inbox" });
    const signature = { kind: "unsupported", what: "a smart contract wallet" } as const;
    const actions = update.actions.map((action) => ({ ...action, signature }));
    expect(() => replayUpdates([{ ...update, actions }])).toThrow("smart contract wallet");
  });
});

describe("the names that an update changes", () => {
  it("are the addresses, not the installations", () => {
    expect(identifierChanges(signUpdate(register))).toEqual({
      added: [{ identifier: owner.address, kind: 1 }],
      revoked: [],
    });
    const revoke = signUpdate({
      inboxId,
      actions: [{ kind: "revoke", member: friend.member, by: owner }],
    });
    expect(identifierChanges(revoke)).toEqual({
      added: [],
      revoked: [{ identifier: friend.address, kind: 1 }],
    });
  });
});

function keyOf({ member }: typeof phone): string {
  return memberKey(member);
}

function readVector() {
  const file = new URL("../../vectors/identity-updates.json", import.meta.url);
  const schema = z.object({
    owner: z.string(),
    secondWallet: z.string(),
    installation: z.string(),
    secondInstallation: z.string(),
    updates: z.array(z.string()),
  });
  return schema.parse(JSON.parse(readFileSync(file, "utf8")));
}
