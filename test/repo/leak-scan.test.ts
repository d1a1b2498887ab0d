import { expect, it } from "vitest";
import { bytesCanary, phraseCanaries, scan, textCanary } from "../support/leak-scan.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, index) => 200 - index * 3);
const canaries = [
  bytesCanary("key", KEY),
  textCanary("text", "zebra quilt"),
  ...phraseCanaries("phrase", "alpha bravo charlie delta"),
];

it.each([
  ["key", Buffer.concat([Buffer.from("x"), KEY, Buffer.from("y")])],
  ["key", `k=${Buffer.from(KEY).toString("hex")}`],
  ["key", Buffer.concat([Buffer.from("ab"), KEY]).toString("base64")],
  ["key", Buffer.concat([Buffer.from("a"), KEY, Buffer.from("z")]).toString("base64url")],
  ["text", `{"t":"${Buffer.from("a zebra quilt!").toString("base64")}"}`],
  ["text", "?q=zebra%20quilt"],
  ["phrase", "no bravo charlie delta here"],
  ["phrase", '["alpha","bravo","charlie"]'],
])("the leak scan finds a %s in %s", (name, data) => {
  expect(scan(data, canaries)).toEqual([name]);
});

it("the leak scan finds nothing where nothing is", () => {
  expect(scan("alpha bravo, charlie and a zebra", canaries)).toEqual([]);
});
