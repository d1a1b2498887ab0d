import { expect, it } from "vitest";
import { AGENT_TURNS_RECORD, createAgentTurns } from "./agent-turns.ts";

it("each conversation has a few turns for other agents, over restarts too, and again when the window has passed", () => {
  const disk: { value: typeof AGENT_TURNS_RECORD.empty } = { value: [] };
  let nowMs = 1_000_000;
  const start = () =>
    createAgentTurns(
      {
        read: () => AGENT_TURNS_RECORD.parse(JSON.parse(JSON.stringify(disk.value))),
        write: (value) => void (disk.value = value),
      },
      () => nowMs,
      () => ({ turns: 2, windowMs: 1000 }),
    );
  const turns = start();
  expect([turns.take("a"), turns.take("a"), turns.take("a"), turns.take("b")]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  expect(start().take("a")).toBe(false);
  nowMs += 1000;
  expect(start().take("a")).toBe(true);
  // Set back: what lies ahead does not count.
  nowMs -= 500_000;
  expect([start().take("a"), start().take("a")]).toEqual([true, true]);
});
