import { expect, it } from "vitest";
import type { Fault } from "gossip-relay";
import { connect, GossipNet } from "../support/gossip-people.ts";

const MINUTE_MS = 60_000;

const TROUBLES: readonly (readonly [string, Fault])[] = [
  ["cuts connections before it does anything", { kind: "drop" }],
  ["cuts connections after it has done it", { kind: "drop", applied: true }],
  ["answers 500", { kind: "status", status: 500 }],
  ["answers 500 after it has done it", { kind: "status", status: 500, applied: true }],
  ["answers 429 and says when", { kind: "status", status: 429, retryAfter: "0" }],
  ["answers 403 like a proxy", { kind: "status", status: 403 }],
  ["is slow", { kind: "delay", delayMs: 40 }],
  ["does everything twice", { kind: "duplicate" }],
  ["lists things backwards", { kind: "reorder" }],
  ["says yes and does nothing", { kind: "respond", respond: sayYes }],
];

it.each(TROUBLES)("loses, doubles and reorders nothing when the relay %s", async (_name, fault) => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  const routes = ["messages_post", "messages_fetch", "bulletin_page", "bulletin_counter"] as const;
  const active = routes.map((route) =>
    // An empty answer to a question is a lie of another kind; see below.
    net.relay.faults.inject({
      ...fault,
      routes: [fault.kind === "respond" ? "messages_post" : route],
      times: 2,
      skip: 1,
    }),
  );
  for (let i = 0; i < 6; i += 1) {
    await alice.sendText(bob, `a${i}`);
    await bob.sendText(alice, `b${i}`);
  }
  for (let i = 0; i < 6; i += 1) {
    expect(await bob.next("message")).toMatchObject({ text: `a${i}` });
    expect(await alice.next("message")).toMatchObject({ text: `b${i}` });
  }
  expect(active.some(({ hits }) => hits > 0)).toBe(true);
  expect(net.relay.stats().newestCounter).toBe(2n);
});

it("goes on posting to everybody else while the relay does not answer one post", async () => {
  await using net = await GossipNet.start();
  const [alice, bob, carol] = [
    await net.person("alice"),
    await net.person("bob"),
    await net.person("carol"),
  ];
  await connect(alice, bob);
  await connect(alice, carol);
  const posts: unknown[] = [];
  const isFirst = (body: unknown): boolean => {
    if (posts.length > 0 && fieldOf(body, "key") !== fieldOf(posts[0], "key")) return false;
    posts.push(body);
    return true;
  };
  const hang = net.relay.faults.inject({
    kind: "hang",
    routes: ["messages_post"],
    match: isFirst,
  });
  const first = await alice.sendText(bob, "one");
  await hang.reached(1);
  await alice.sendText(bob, "two");
  for (const text of ["a", "b", "c"]) {
    await alice.sendText(carol, text);
    expect(await carol.next("message")).toMatchObject({ text });
  }
  // The one request that hangs is still the first: nothing of this waited for it to be given up.
  expect(hang.hits).toBe(1);
  expect(alice.client.messageStatus(bob.id, first.messageId)).toBe("ready");
  const watch = net.relay.faults.inject({
    kind: "delay",
    delayMs: 0,
    routes: ["messages_post"],
    match: isFirst,
  });
  hang.remove();
  await watch.reached(1);
  await bob.next("message");
  await bob.next("message");
  expect(bob.texts).toEqual(["hello", "one", "two"]);
  expect(posts.length).toBeGreaterThanOrEqual(2);
  expect(posts.every((body) => JSON.stringify(body) === JSON.stringify(posts[0]))).toBe(true);
});

it("keeps every session when values are swapped, made up, or come unasked", async () => {
  await using net = await GossipNet.start();
  const [alice, bob, carol] = [
    await net.person("alice"),
    await net.person("bob"),
    await net.person("carol"),
  ];
  await connect(alice, bob);
  await connect(alice, carol);
  const announced = net.relay.stats().newestCounter;
  const swap = net.relay.faults.inject({
    kind: "rewrite",
    routes: ["messages_fetch"],
    rewrite: (answer) => swapped(answer),
  });
  await bob.sendText(alice, "from bob");
  await carol.sendText(alice, "from carol");
  await swap.reached(swap.hits + 20);
  expect(alice.texts).toEqual(["hello yourself", "hello yourself"]);
  swap.remove();
  const arrived = [await alice.next("message"), await alice.next("message")];
  expect(arrived).toHaveLength(2);
  expect(new Set(arrived.map(({ peer, text }) => `${text} ${peer}`))).toEqual(
    new Set([`from bob ${bob.id}`, `from carol ${carol.id}`]),
  );
  expect(net.relay.stats().newestCounter).toBe(announced);
});

it("works around a value that was overwritten before its reader came", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await bob.stop();
  const seekers: string[] = [];
  const watch = net.relay.faults.inject({
    kind: "delay",
    delayMs: 0,
    routes: ["messages_post"],
    match: (body) => {
      seekers.push(fieldOf(body, "key"));
      return true;
    },
  });
  await alice.sendText(bob, "overwritten");
  await watch.reached(1);
  // Its own reader has checked it by now; only then does the relay change its mind.
  await alice.until((client) => client.status().queueDepth === 0);
  const look = net.relay.faults.inject({ kind: "delay", delayMs: 0, routes: ["messages_fetch"] });
  await look.reached(3);
  look.remove();
  const [seeker = ""] = seekers;
  expect(net.relay.faults.overwriteValue(Buffer.from(seeker, "base64"), Buffer.from("junk"))).toBe(
    true,
  );
  await bob.start();
  await bob.until((client) => client.status().connected);
  await anotherPoll(net);
  net.offsetMs += 3 * MINUTE_MS;
  expect(await bob.next("message")).toMatchObject({ text: "overwritten" });
});

it("gives up a message that the relay will never take, and delivers those behind it", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  const tooLarge = net.relay.faults.inject({
    kind: "status",
    status: 413,
    routes: ["messages_post"],
    match: (body) => JSON.stringify(body).length > 20_000,
  });
  const refused = await alice.sendText(bob, "x".repeat(20_000));
  const next = await alice.sendText(bob, "next");
  await tooLarge.reached(2);
  net.offsetMs += 11 * MINUTE_MS;
  expect(await bob.next("message")).toMatchObject({ text: "next" });
  expect(alice.client.messageStatus(bob.id, refused.messageId)).toBe("failed");
  expect(next.status).not.toBe("failed");
});

it("keeps what it has to say through an hour without a relay, and says so in its status", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  const down = net.relay.faults.inject({ kind: "status", status: 502 });
  await alice.sendText(bob, "one");
  await alice.sendText(bob, "two");
  await alice.until((client) => !client.status().connected);
  expect(alice.client.status()).toMatchObject({ lastErrorCode: "relay_rejected", queueDepth: 2 });
  net.offsetMs += 60 * MINUTE_MS;
  down.remove();
  await bob.next("message");
  await bob.next("message");
  expect(bob.texts).toEqual(["hello", "one", "two"]);
  await alice.until((client) => client.status().connected);
});

it("warns when the local clock is off", async () => {
  await using net = await GossipNet.start();
  net.relay.faults.clockOffsetMs = 45_000;
  const alice = await net.person("alice");
  await alice.until((client) => (client.status().clockOffsetMs ?? 0) > 30_000);
  await alice.until(() => alice.logged.some((line) => line.includes("the local clock differs")));
  expect(alice.logged.filter((line) => line.includes("clock"))).toHaveLength(1);
});

/** Resolves when a full poll of the board has begun and ended after this call. */
async function anotherPoll(net: GossipNet): Promise<void> {
  const look = net.relay.faults.inject({ kind: "delay", delayMs: 0, routes: ["messages_fetch"] });
  await look.reached(6);
  look.remove();
}

function sayYes(
  _request: unknown,
  response: Parameters<Extract<Fault, { kind: "respond" }>["respond"]>[1],
): void {
  response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
}

/** Gives each address the value of another one, and adds one that nobody asked for. */
function swapped(answer: unknown): unknown {
  const items: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const values = items.map((item) => fieldOf(item, "value"));
  const turned = items.map((item, i) => {
    const other = values[(i + 1) % values.length];
    return { key: fieldOf(item, "key"), value: other === values[i] ? "AAAA" : other };
  });
  return [...turned, { key: Buffer.alloc(34, 1).toString("base64"), value: "AAAA" }];
}

function fieldOf(value: unknown, name: string): string {
  return typeof value === "object" && value !== null ? String(Reflect.get(value, name)) : "";
}
