// Mesh under a crash run: a relay, and people who dial it; half of them write directly, half in a channel of their own.
import { randomUUID } from "node:crypto";
import path from "node:path";
import { setImmediate as immediate } from "node:timers/promises";
import { pollUntil } from "channel-testing";
import { makeMeshIdentity } from "../../support/mesh-host.ts";
import { createMeshPerson, type MeshPerson } from "../../support/mesh-person.ts";
import {
  listAccounts,
  type CrashChannel,
  type Hang,
  type Player,
  type Seat,
} from "./crash-channel.ts";
import { openLinkValve, type LinkValve } from "./link-valve.ts";

const DEFAULT_ACCOUNT = "default";
/** Where only the relay speaks: what comes after its mark comes after everything before. */
const MARKS = "marks";
const LINKED_MS = 120_000;
const HEARD_MS = 60_000;

interface MeshPlayer extends Player {
  /** Questions wait until the links stand as the case wants them. */
  before: (() => Promise<void>) | undefined;
}

export const meshCrash: CrashChannel = {
  id: "mesh",
  plugin: { entry: new URL("./crash-plugin/mesh.ts", import.meta.url) },
  openNetwork: async (seats, folder, stack) => {
    const meet = async (name: string, channels: string[], dial?: string): Promise<MeshPerson> =>
      stack.use(
        await createMeshPerson({
          folder: path.join(folder, "people", name),
          channels: [MARKS, ...channels],
          ...(dial === undefined ? {} : { dial }),
        }),
      );
    const rooms = seats.map((seat, index) => roomOf(seat, index));
    const relay = await meet("relay", []);
    const valve = stack.use(await openLinkValve(Number(new URL(relay.url).port)));
    const accounts = listAccounts(seats);
    const bots = new Map<string, Awaited<ReturnType<typeof makeMeshIdentity>>>();
    for (const id of [DEFAULT_ACCOUNT, ...accounts]) bots.set(id, await makeMeshIdentity());
    const players = new Map<Player, MeshPlayer>();
    const posted = new Set<Promise<void>>();
    return {
      section: {
        enabled: true,
        mnemonic: bots.get(DEFAULT_ACCOUNT)?.words ?? "",
        peers: [`ws://127.0.0.1:${valve.port}`],
        allowPrivateAddresses: true,
        channels: ["lobby", ...rooms.filter((room) => room !== undefined)],
        dmPolicy: "open",
        allowFrom: ["*"],
        groupPolicy: "open",
        groups: { "*": { requireMention: false } },
        // Far beyond what a long run asks for: this is not about the budgets.
        turnBudget: { perPerson: 10_000, perAccount: 100_000 },
        loopBudget: { messages: 100_000 },
        botLoopProtection: { enabled: false },
        accounts: Object.fromEntries(
          accounts.map((id) => [id, { mnemonic: bots.get(id)?.words ?? "", channels: ["lobby"] }]),
        ),
      },
      meetPlayers: async (starting) => {
        const people: MeshPerson[] = [];
        for (const [index, { name }] of seats.entries()) {
          const room = rooms[index];
          people.push(await meet(name, room === undefined ? [] : [room], relay.url));
        }
        await starting;
        await relay.whenLinked(people.length + bots.size, AbortSignal.timeout(LINKED_MS));
        return people.map((person, index): Player => {
          const seat = seats[index];
          const bot = bots.get(seat?.account ?? DEFAULT_ACCOUNT);
          if (seat === undefined || bot === undefined) throw new Error("crash run: nobody to meet");
          const player = createPlayer(seat, person, bot.peerId, rooms[index], relay);
          players.set(player, player);
          return player;
        });
      },
      hangAnswer: (player, applied) => {
        const one = players.get(player);
        if (one === undefined) throw new Error("crash run: nobody to wait for");
        if (!applied) return holdAnswer(one, valve, posted);
        // Nobody confirms a message on the mesh: that it is elsewhere is all there is.
        const reached = untilMore(one);
        posted.add(reached);
        return { reached, remove: () => posted.delete(reached) };
      },
    };
  },
};

/** Every other person speaks in a channel, but for those whose account is theirs alone. */
function roomOf({ account, name }: Seat, index: number): string | undefined {
  return account === undefined && index % 2 === 0 ? `room-${name}` : undefined;
}

/** The answer stays on the disk of the bot's peer. All links go through one valve: the others are let pass before. */
function holdAnswer(
  player: MeshPlayer,
  valve: LinkValve,
  posted: ReadonlySet<Promise<void>>,
): Hang {
  const { promise, resolve } = Promise.withResolvers<void>();
  let open: (() => void) | undefined;
  player.before = async () => {
    // All of a group are set up before any of them goes on.
    await immediate();
    await Promise.all(posted);
    const hold = valve.shut();
    open = () => hold.open();
    void hold.reached.then(resolve);
  };
  return { reached: promise, remove: () => open?.() };
}

async function untilMore(player: Player): Promise<void> {
  const before = player.heard.length;
  await pollUntil(
    async () => player.heard.length,
    (count) => count > before,
    HEARD_MS,
    "an answer",
  );
}

function createPlayer(
  seat: Seat,
  person: MeshPerson,
  botId: string,
  room: string | undefined,
  relay: MeshPerson,
): MeshPlayer {
  const texts = () =>
    person.heard
      .filter(({ senderId }) => senderId === botId)
      .map(({ body, receivedAtMs }) => ({ text: body, atMs: receivedAtMs }));
  return {
    seat,
    conversation: room ?? person.peerId,
    before: undefined,
    get heard() {
      return texts();
    },
    async say(text) {
      const { before } = this;
      this.before = undefined;
      await before?.();
      if (room === undefined) await person.whisper(botId, text);
      else await person.say(room, text);
    },
    whenHeard: async (text, signal) => {
      await person.until(() => texts().some((heard) => heard.text === text), signal);
    },
    catchUp: async () => {
      const mark = randomUUID();
      await relay.say(MARKS, mark);
      const signal = AbortSignal.timeout(HEARD_MS);
      await person.until(() => person.heard.some(({ body }) => body === mark), signal);
    },
  };
}
