import { describe, expect, it } from "vitest";
import { keyOf, NOW_MS } from "../../test-support/people.ts";
import { refusalOf } from "../../test-support/refusal.ts";
import { MAX_LIST_BYTES, parseList, signList, verifyList } from "./list.ts";

const ada = keyOf("ada");
const eve = keyOf("eve");
const PEERS = [
  { peerId: ada.peerId, url: "wss://one.example/" },
  { peerId: "railway", url: "ws://two.example:5000/mesh" },
];
const LIST = { peers: PEERS, serial: 7, updatedAtMs: NOW_MS };
const BY_ADA = { signerId: ada.peerId, known: undefined, nowMs: NOW_MS };

function verdict(text: string, options: Partial<Parameters<typeof verifyList>[1]> = {}) {
  return refusalOf(() => verifyList(parseList(text), { ...BY_ADA, ...options }));
}

describe("a list of the reference", () => {
  it("is read, without the entries that nobody should dial", () => {
    const entries = [
      { peer_id: "railway", ws_url: "wss://one.example", capabilities: { relay: true } },
      { peer_id: "twice", ws_url: "wss://one.example/" },
      { peer_id: "p", ws_url: "http://one.example" },
      { peer_id: "p", ws_url: "ws://name:word@one.example" },
      { peer_id: "p", ws_url: "ws://one.example/#x" },
      { peer_id: "", ws_url: "ws://three.example" },
      { peer_id: 7, ws_url: "ws://three.example" },
      { peer_id: "p", ws_url: `ws://${"x".repeat(600)}` },
      { peer_id: "p" },
      null,
    ];
    const text = JSON.stringify({ version: 1, peers: entries, updated_at: "2026" });
    expect(parseList(text)).toEqual({
      peers: [{ peerId: "railway", url: "wss://one.example/" }],
      proof: undefined,
    });
    expect(verdict(text)).toBe("list_refused");
  });

  it.each([
    "",
    "[]",
    "{}",
    '{"version":2,"peers":[]}',
    '{"version":1,"peers":{}}',
    JSON.stringify({ version: 1, peers: Array.from({ length: 1001 }, () => null) }),
    `{"version":1,"peers":${"[".repeat(9)}${"]".repeat(9)}}`,
    " ".repeat(MAX_LIST_BYTES + 1),
  ])("is refused when it has another form or is too large", (text) => {
    expect(refusalOf(() => parseList(text))).toBe("list_refused");
  });
});

describe("a signed list", () => {
  const text = signList(ada, LIST);

  it("is believed when the right peer has signed it, and read by the reference too", () => {
    expect(parseList(text).peers).toEqual(PEERS);
    expect(verdict(text)).toBeUndefined();
    expect(verdict(JSON.stringify(JSON.parse(text)))).toBeUndefined();
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      peers: [{ peer_id: ada.peerId, ws_url: "wss://one.example/" }, {}],
    });
  });

  it("is refused when another has signed it, or anything in it was changed", () => {
    expect(verdict(text, { signerId: eve.peerId })).toBe("list_refused");
    expect(verdict(signList(eve, LIST))).toBe("list_refused");
    expect(verdict(signList(eve, LIST).replace(eve.peerId, ada.peerId))).toBe("list_refused");
    const changes = [
      ["one.example", "six.example"],
      ['"serial": 7', '"serial": 8'],
      ["railway", "runway"],
      ['"version": 1', '"more": 1, "version": 1'],
    ] as const;
    for (const [from, to] of changes) expect(verdict(text.replace(from, to))).toBe("list_refused");
  });

  it("must rise: the same again is fine, an older one and another of the same number are not", () => {
    const known = verifyList(parseList(text), BY_ADA);
    const next = (serial: number, peers = PEERS): string =>
      signList(ada, { ...LIST, peers, serial });
    expect(verdict(text, { known })).toBeUndefined();
    expect(verdict(next(8), { known })).toBeUndefined();
    expect(verdict(next(6), { known })).toBe("list_refused");
    expect(verdict(next(7, PEERS.slice(1)), { known })).toBe("list_refused");
  });

  it("is not used after its end", () => {
    const ending = signList(ada, { ...LIST, expiresAtMs: NOW_MS + 1000 });
    expect(verdict(ending)).toBeUndefined();
    expect(verdict(ending, { nowMs: NOW_MS + 1000 })).toBe("list_refused");
  });

  it("is not written with entries that readers would leave out", () => {
    const twice = [...PEERS, ...PEERS];
    expect(refusalOf(() => signList(ada, { ...LIST, peers: twice }))).toBe("list_refused");
    const bad = [{ peerId: "p", url: "http://x" }];
    expect(refusalOf(() => signList(ada, { ...LIST, peers: bad }))).toBe("list_refused");
  });
});
