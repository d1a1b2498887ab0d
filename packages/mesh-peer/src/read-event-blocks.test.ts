import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { MeshEvent } from "mesh-sdk";
import { expect, it } from "vitest";
import * as z from "zod";
import { writeEvents } from "./event-stream.ts";
import { readEventBlocks } from "./read-event-blocks.ts";

const IdSchema = z.object({ id: z.number() });

function eventOf(id: number, channelId = "lobby"): MeshEvent {
  return {
    id,
    kind: "group",
    channelId,
    senderId: "s",
    verified: true,
    messageId: `m${id}`,
    body: "line one\nline two \u2028 \ud83d\ude00",
    payload: { data: "x: y" },
    replyTo: undefined,
    sealed: false,
    sentAtMs: 0,
    receivedAtMs: 1,
  };
}

async function* streamOf(...events: readonly MeshEvent[]): AsyncGenerator<MeshEvent> {
  yield* events;
}

async function written(afterId: number, channelId?: string): Promise<Buffer> {
  const out = new PassThrough();
  const events = streamOf(eventOf(1), eventOf(2, "#dev"), eventOf(3));
  await writeEvents(out, events, { afterId, channelId }, new AbortController().signal);
  out.end();
  return buffer(out);
}

/** The same bytes in pieces of one byte, so that every border is met. */
function inPieces(bytes: Buffer): ReadableStream<Uint8Array> {
  return ReadableStream.from([...bytes].map((byte) => Uint8Array.of(byte)));
}

async function idsOf(bytes: Buffer): Promise<number[]> {
  const ids: number[] = [];
  for await (const data of readEventBlocks(inPieces(bytes))) {
    if (data !== "") ids.push(IdSchema.parse(JSON.parse(data)).id);
  }
  return ids;
}

it("events are read as they were written, however they are cut", async () => {
  expect(await idsOf(await written(0))).toEqual([1, 2, 3]);
});

it("a listener goes on after the last one that it has", async () => {
  expect(await idsOf(await written(2))).toEqual([3]);
});

it("a listener to one channel hears nothing of another", async () => {
  expect(await idsOf(await written(0, "#dev"))).toEqual([2]);
});

it("a text of many lines stays one event", async () => {
  const text = (await written(2)).toString();
  expect(text).toContain("id: 3\nevent: message\ndata: {");
  expect(text).toContain("line one\\nline two");
});

it("a line without end is given up", async () => {
  const flood = ReadableStream.from(
    Array.from({ length: 6 }, () => new Uint8Array(1_000_000).fill(120)),
  );
  await expect(readEventBlocks(flood).next()).rejects.toThrow("too long");
});
