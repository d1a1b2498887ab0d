import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { expect, it } from "vitest";
import { removePerson, setQuiet } from "./conversation-rules.ts";
import { createShutList } from "./shut-list.ts";

const ROOM = "0a".repeat(16);
const OTHER = "0b".repeat(16);
const ANN = "a1".repeat(32);

it("shuts a person out everywhere until the configuration does, and leaves the word to it from then on", () => {
  let cfg: OpenClawConfig = { channels: { convos: { groups: { [ROOM]: { allowFrom: [ANN] } } } } };
  const listed = cfg;
  const shut = createShutList(() => cfg, "default");
  expect(shut.isShut(ROOM, ANN)).toBe(false);
  shut.shutPerson(ANN);
  expect([shut.isShut(ROOM, ANN), shut.isShut(OTHER, ANN)]).toEqual([true, true]);
  cfg = removePerson(cfg, "default", ANN);
  expect(shut.isShut(ROOM, ANN)).toBe(false);
  cfg = listed;
  expect(shut.isShut(ROOM, ANN)).toBe(false);
});

it("shuts a conversation until the configuration does, or the owner opens it", () => {
  let cfg: OpenClawConfig = { channels: { convos: {} } };
  const shut = createShutList(() => cfg, "default");
  shut.shutConversation(ROOM);
  expect([shut.isShut(ROOM, ANN), shut.isShut(OTHER, ANN)]).toEqual([true, false]);
  shut.openConversation(ROOM);
  expect(shut.isShut(ROOM, ANN)).toBe(false);
  shut.shutConversation(ROOM);
  cfg = setQuiet(cfg, "default", ROOM, true);
  expect(shut.isShut(ROOM, ANN)).toBe(false);
  shut.shutPerson(ANN);
  shut.openPerson(ANN);
  expect(shut.isShut(OTHER, ANN)).toBe(false);
});
