import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createWorld, type Peer, type PostFate, settle } from "../../test-support/two-peers.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The small model: what each side was given to send, in order. */
interface Model {
  readonly fromAlice: string[];
  readonly fromBob: string[];
}

type World = ReturnType<typeof createWorld>;
type Move = (world: World, model: Model) => void;

const fate = fc.constantFrom<PostFate>("taken", "taken", "dropped", "taken_but_failed");
const side = fc.constantFrom("alice" as const, "bob" as const);

const moves: fc.Arbitrary<{ name: string; move: Move }> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ who: side, text: fc.string({ maxLength: 8 }) }).map(({ who, text }) => ({
      name: `${who} sends`,
      move: (world: World, model: Model) => {
        if (world[who].conversation === undefined) return;
        world[who].sendText(text);
        (who === "alice" ? model.fromAlice : model.fromBob).push(text);
      },
    })),
  },
  step(4, "reads the board", (peer) => peer.readBoard()),
  step(3, "reads the bulletin", (peer) => peer.readBulletin()),
  step(3, "ticks", (peer) => peer.conversation && peer.apply({ type: "tick" })),
  step(1, "restarts", (peer) => peer.restart()),
  step(1, "renews", (peer, other) => peer.request(other, new Uint8Array(0))),
  {
    weight: 4,
    arbitrary: fc.record({ who: side, how: fate }).map(({ who, how }) => ({
      name: `${who} posts values: ${how}`,
      move: (world: World) => world[who].postValues(how),
    })),
  },
  {
    weight: 3,
    arbitrary: fc.record({ who: side, how: fate }).map(({ who, how }) => ({
      name: `${who} announces: ${how}`,
      move: (world: World) => world[who].announce(how),
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(SECOND_MS, 20 * SECOND_MS, 3 * MINUTE_MS, 18 * MINUTE_MS, 2 * DAY_MS)
      .map((spanMs) => ({
        name: `${spanMs} ms pass`,
        move: ({ world }: World) => {
          world.nowMs += spanMs;
        },
      })),
  },
  {
    weight: 1,
    arbitrary: side.map((who) => ({
      name: `the newest value of ${who} is overwritten`,
      move: (world: World) => {
        const newest = world[who].conversation?.queue.findLast((item) => item.posted);
        if (newest?.value !== undefined) world.relay.squat(newest.value.seeker);
      },
    })),
  },
);

function step(
  weight: number,
  name: string,
  act: (peer: Peer, other: Peer) => void,
): { weight: number; arbitrary: fc.Arbitrary<{ name: string; move: Move }> } {
  const arbitrary = side.map((who) => ({
    name: `${who} ${name}`,
    move: (world: World) => act(world[who], who === "alice" ? world.bob : world.alice),
  }));
  return { weight, arbitrary };
}

it("delivers everything once and in order, whatever is lost, repeated, overwritten or restarted on the way", () => {
  fc.assert(
    fc.property(fc.array(moves, { minLength: 40, maxLength: 80 }), (walk) => {
      const world = createWorld();
      const { alice, bob } = world;
      const model: Model = { fromAlice: [], fromBob: [] };
      alice.request(bob);
      for (const { move } of walk) {
        move(world, model);
        expect(bob.texts).toEqual(model.fromAlice.slice(0, bob.texts.length));
        expect(alice.texts).toEqual(model.fromBob.slice(0, alice.texts.length));
      }
      for (let round = 0; round < 12; round += 1) {
        settle(alice, bob);
        world.world.nowMs += 20 * MINUTE_MS;
      }
      expect(bob.texts).toEqual(model.fromAlice);
      expect(alice.texts).toEqual(model.fromBob);
    }),
    { numRuns: 60, seed: 20_260_101 },
  );
}, 60_000);
