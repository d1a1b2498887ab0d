// Convos under a crash run: an XMTP node that goes away with each kill, and people with the unmodified XMTP SDK. Every
// other one has a conversation that the bot made for the two of them, the others write to the bot directly.
import { generateMnemonic } from "convos-node-sdk";
import { pollUntil, type Gateway } from "channel-testing";
import { startLocalNode, type RunningLocalNode } from "xmtp-local-node";
import * as z from "zod";
import { listAccounts, type CrashChannel, type Player, type Seat } from "./crash-channel.ts";
import { CrashConvosPeer } from "./crash-convos-peer.ts";
import { isLongMessage } from "./long-message.ts";

const DEFAULT_ACCOUNT = "default";
const ACCOUNT_TIMEOUT_MS = 90_000;
/** An answer is longer than this on the wire; signs of typing, reactions and profiles are shorter. */
const LEAST_ANSWER_BYTES = 560;

const RunningSchema = z.object({ conversations: z.array(z.unknown()) });
const CreatedSchema = z.object({ conversationId: z.string() });
const InviteSchema = z.object({ url: z.string() });
const MembersSchema = z.object({
  members: z.array(z.object({ inboxId: z.string(), isUs: z.boolean() })),
});

/** A conversation of the bot, and the inbox that it has there. */
interface Room {
  readonly id: string;
  readonly inboxId: string;
}

export const convosCrash: CrashChannel = {
  id: "convos",
  plugin: {
    entry: new URL("./crash-plugin/convos.ts", import.meta.url),
    native: ["@xmtp/node-bindings"],
  },
  openNetwork: async (seats, _folder, stack) => {
    const node = stack.use(await startLocalNode());
    const peers: CrashConvosPeer[] = [];
    return {
      section: {
        enabled: true,
        env: "local",
        apiUrl: node.url,
        mnemonic: generateMnemonic(),
        dmPolicy: "open",
        allowFrom: ["*"],
        groupPolicy: "open",
        accounts: Object.fromEntries(
          listAccounts(seats).map((account) => [account, { mnemonic: generateMnemonic() }]),
        ),
      },
      meetPlayers: async (starting) => {
        const people = await Promise.all(
          seats.map(async () => stack.use(await CrashConvosPeer.start(node.url))),
        );
        peers.push(...people);
        const gateway = await starting;
        const homes = await openHomes(gateway, seats);
        const players: Player[] = [];
        for (const [index, peer] of people.entries()) {
          const kind = index % 2 === 0 ? "group" : "direct";
          // One after the other, as an operator does it.
          players.push(await meetBot(gateway, peer, seats[index], homes, kind));
        }
        return players;
      },
      hangAnswer: ({ conversation }, applied) => hangAnswer(node, conversation, applied),
      outage: {
        begin: async () => {
          await Promise.all(peers.map((peer) => peer.disconnect()));
          await node.stop();
        },
        end: async () => {
          await node.start();
          await Promise.all(peers.map((peer) => peer.connect()));
        },
      },
    };
  },
};

function hangAnswer(node: RunningLocalNode, conversation: string, applied: boolean) {
  const fault = node.faults.inject({
    kind: "hang",
    applied,
    methods: ["SendGroupMessages"],
    match: (request) => isLongMessage(request, conversation, LEAST_ANSWER_BYTES),
  });
  return { reached: fault.reached(1), remove: () => fault.remove() };
}

/** The first conversation of each account is its owner's, where nobody else is heard; people write to its inbox. */
async function openHomes(
  gateway: Gateway,
  seats: readonly Seat[],
): Promise<ReadonlyMap<string, Room>> {
  const homes = new Map<string, Room>();
  for (const accountId of [DEFAULT_ACCOUNT, ...listAccounts(seats)]) {
    await pollUntil(
      () => gateway.call("convos.conversations", { accountId }),
      (answer) => RunningSchema.safeParse(answer).success,
      ACCOUNT_TIMEOUT_MS,
      `account ${accountId} at work`,
    );
    homes.set(accountId, await openRoom(gateway, accountId, "Home"));
  }
  return homes;
}

async function openRoom(gateway: Gateway, accountId: string, name: string): Promise<Room> {
  const created = await gateway.call("convos.create", { accountId, name });
  const { conversationId } = parseAnswer(CreatedSchema, created);
  const listed = await gateway.call("convos.members", { accountId, conversationId });
  const us = parseAnswer(MembersSchema, listed).members.find(({ isUs }) => isUs);
  if (us === undefined) throw new Error("crash run: the bot is not in its own conversation");
  return { id: conversationId, inboxId: us.inboxId };
}

async function meetBot(
  gateway: Gateway,
  peer: CrashConvosPeer,
  seat: Seat | undefined,
  homes: ReadonlyMap<string, Room>,
  kind: "direct" | "group",
): Promise<Player> {
  const accountId = seat?.account ?? DEFAULT_ACCOUNT;
  const home = homes.get(accountId);
  if (seat === undefined || home === undefined) throw new Error("crash run: nobody to meet");
  const conversation =
    kind === "direct"
      ? await peer.openDirect(home.inboxId)
      : await joinRoom(gateway, peer, accountId, seat.name);
  return {
    seat,
    conversation,
    heard: peer.heard,
    say: (text) => peer.say(text),
    whenHeard: (text, signal) => peer.whenHeard(text, signal),
    catchUp: () => peer.catchUp(),
  };
}

async function joinRoom(
  gateway: Gateway,
  peer: CrashConvosPeer,
  accountId: string,
  name: string,
): Promise<string> {
  const { id, inboxId } = await openRoom(gateway, accountId, name);
  const wanted = { accountId, conversationId: id, singleUse: true };
  const answer = await gateway.call("convos.invite", wanted);
  const invite = parseAnswer(InviteSchema, answer);
  return await peer.join(invite.url, inboxId, id);
}

/** A refusal says why in its own words. */
function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new Error(`crash run: the gateway answered ${JSON.stringify(answer)}`);
}
