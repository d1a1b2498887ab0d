import { describe, expect, it } from "vitest";
import { makePng, makeWav } from "../../../test/support/sample-files.ts";
import { createStoredFiles, resolveFileType } from "channel-kit/media";
import type { InboundFile } from "./files.ts";
import type { InboundMessage } from "./inbound.ts";
import { loadFiles, type LoadFilesOptions } from "./load-files.ts";
import { mediaFolderOf } from "./media-store.ts";

const ROOM = "0a".repeat(16);
const REMOTE: InboundFile = {
  kind: "remote",
  name: "cat.png",
  url: "https://files.example/x",
  contentDigest: "00",
  secret: "01",
  salt: "02",
  nonce: "03",
};

function message(...files: InboundFile[]): InboundMessage {
  return {
    kind: "message",
    key: "k",
    conversationId: ROOM,
    senderId: "a1",
    sentAtMs: 0,
    arrivedAtMs: 0,
    messageId: "m1",
    text: "",
    files,
  };
}

function setUp(bytes: Uint8Array | undefined) {
  const saved: { contentType: string; folder: string }[] = [];
  const fetched: string[] = [];
  const failed: unknown[] = [];
  const deleted = new Set<string>();
  const ended: string[] = [];
  const options: LoadFilesOptions = {
    accountId: "default",
    connection: {
      ended: () => ended,
      readAttachment: async () => bytes,
      openFile: (payload) => ({ bytes: payload, mimeType: "image/png" }),
    },
    fetchFile: async (url) => {
      fetched.push(url);
      if (bytes === undefined) throw new Error("unreachable: secret.example");
      return bytes;
    },
    save: async (_bytes, { contentType, folder }) => {
      saved.push({ contentType, folder });
      return { path: `/media/${saved.length}` };
    },
    stored: createStoredFiles(async (path) => !deleted.has(path)),
    maxBytes: () => 10_000,
    signal: new AbortController().signal,
    onError: (error) => failed.push(error),
  };
  return { deleted, ended, failed, fetched, options, saved };
}

describe("files of a turn", () => {
  it("are stored as what their bytes are, in the folder of their conversation", async () => {
    const { options, saved } = setUp(makePng(4));
    const inline: InboundFile = { kind: "inline", name: "song.mp3", mimeType: "audio/mpeg" };
    const { media, notices } = await loadFiles([message(inline, REMOTE)], options);
    expect(notices).toEqual([]);
    expect(media).toEqual([
      { path: "/media/1", contentType: "image/png", messageId: "m1", fileName: "song.mp3" },
      { path: "/media/2", contentType: "image/png", messageId: "m1", fileName: "cat.png" },
    ]);
    const folder = mediaFolderOf("default", ROOM);
    expect(saved).toEqual([
      { contentType: "image/png", folder },
      { contentType: "image/png", folder },
    ]);
    expect(folder).not.toContain(ROOM);
  });

  it("are stored once, however often the turn begins, and again only when they have gone", async () => {
    const { deleted, fetched, options, saved } = setUp(makePng(4));
    const sent = [message({ kind: "inline" }, REMOTE)] as const;
    const first = await loadFiles(sent, options);
    expect(await loadFiles(sent, options)).toEqual(first);
    expect([saved.length, fetched.length]).toEqual([2, 1]);
    deleted.add("/media/1");
    const { media } = await loadFiles(sent, options);
    expect(media.map((each) => each.path)).toEqual(["/media/3", "/media/2"]);
  });

  it("that cannot be had are a line for the agent, without a word of the sender's", async () => {
    const { failed, options, saved } = setUp(undefined);
    const { media, notices } = await loadFiles([message({ kind: "inline" }, REMOTE)], options);
    expect(media).toEqual([]);
    expect(notices).toEqual([
      "[a file of the sender is missing here: could not be opened]",
      "[a file of the sender is missing here: could not be opened]",
    ]);
    expect(saved).toEqual([]);
    expect(failed).toHaveLength(2);
  });

  it("that are too large are not stored, and not fetched when they say so", async () => {
    const { fetched, options, saved } = setUp(new Uint8Array(10_001));
    const honest: InboundFile = { ...REMOTE, contentLength: 50_000 };
    const { notices } = await loadFiles([message({ kind: "inline" }, REMOTE, honest)], options);
    expect(notices).toHaveLength(3);
    expect(notices.join()).toContain("too large");
    expect(fetched).toHaveLength(1);
    expect(saved).toEqual([]);
  });

  it("are not stored when their conversation ended while they came", async () => {
    const { ended, options, saved } = setUp(makePng(4));
    const fetchFile: LoadFilesOptions["fetchFile"] = async (...request) => {
      ended.push(ROOM);
      return await options.fetchFile(...request);
    };
    const { media } = await loadFiles([message(REMOTE)], { ...options, fetchFile });
    expect([media, saved]).toEqual([[], []]);
  });

  it("are ten at most; the agent hears of the others", async () => {
    const { options, saved } = setUp(makePng(4));
    const many = Array.from({ length: 12 }, () => REMOTE);
    const { notices } = await loadFiles([message(...many)], options);
    expect(saved).toHaveLength(10);
    expect(notices).toEqual(["[2 more files of the sender are missing here]"]);
  });
});

describe("what a file is", () => {
  const text = Buffer.from("just words");
  it.each([
    ["a picture by its bytes", makePng(4), "text/plain", "image/png"],
    ["a voice message by its bytes", makeWav(), undefined, "audio/wav"],
    ["a text by its sender's word", text, "text/markdown", "text/markdown"],
    ["no picture by anybody's word", text, "image/png", "application/octet-stream"],
    ["no text that is none", makePng(4).subarray(8), "text/plain", "application/octet-stream"],
    [
      "nothing with scripts",
      Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"),
      "image/svg+xml",
      "application/octet-stream",
    ],
    [
      "no page",
      Buffer.from("<!doctype html><script>1</script>"),
      "text/html",
      "application/octet-stream",
    ],
  ])("%s", async (_what, bytes, declared, expected) => {
    expect(await resolveFileType(bytes, declared)).toBe(expected);
  });
});
