import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RunningLocalNode, startLocalNode } from "xmtp-local-node";
import { z } from "zod";
import { connectGrpc, type GrpcClient } from "../support/grpc-client.ts";
import { groupMessageBytes, keyPackageBytes } from "../support/mls-bytes.ts";
import type { XmtpMethod, XmtpObject } from "../support/xmtp-api.ts";

const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;

const group = Buffer.alloc(16, 1);
const otherGroup = Buffer.alloc(16, 2);
const installation = Buffer.alloc(32, 3);

describe("the calls of the local node", () => {
  const log: string[] = [];
  let node: RunningLocalNode;
  let client: GrpcClient;
  beforeEach(async () => {
    log.length = 0;
    node = await startLocalNode({ log: (line) => log.push(line), maxStreamBacklog: 50 });
    client = connectGrpc(node.url);
  });
  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await node.close();
  });

  async function ask(method: XmtpMethod, request: XmtpObject): Promise<XmtpObject> {
    const { status, message, answer } = await client.call(method, request);
    expect({ status, message }).toEqual({ status: 0, message: "" });
    return answer ?? {};
  }

  function post(groupId: Uint8Array, ...contents: string[]): Promise<XmtpObject> {
    const data = contents.map((content) => groupMessageBytes({ groupId, content }));
    return ask("SendGroupMessages", { messages: data.map((bytes) => ({ v1: { data: bytes } })) });
  }

  const query = (direction: number, limit: number, idCursor: number | string, groupId = group) =>
    ask("QueryGroupMessages", { groupId, pagingInfo: { direction, limit, idCursor } });

  it("answers a stored message with everything that came in, its number, and its time", async () => {
    const startNs = BigInt(Date.now()) * 1_000_000n;
    const data = groupMessageBytes({ groupId: group, contentType: 3 });
    const v1 = { data, senderHmac: Buffer.from("hmac"), shouldPush: true };
    await ask("SendGroupMessages", { messages: [{ v1 }] });
    const { messages } = await query(1, 0, 0);
    const stored = { id: "1", groupId: group, isCommit: true, ...v1 };
    expect(messages).toMatchObject([{ v1: stored }]);
    const [createdNs] = valuesOf({ messages }, "createdNs");
    expect(BigInt(String(createdNs))).toBeGreaterThanOrEqual(startNs);
  });

  it("pages forward and backward, with a cursor only when the page is full", async () => {
    await post(group, ...Array.from({ length: 150 }, (_, n) => `${n}`));
    const first = await query(1, 500, 0);
    expect(idsOf(first)).toEqual(numbers(1, 100));
    expect(first["pagingInfo"]).toEqual({ direction: 1, limit: 100, idCursor: "100" });
    const second = await query(1, 0, 100);
    expect(idsOf(second)).toEqual(numbers(101, 150));
    expect(second["pagingInfo"]).toMatchObject({ limit: 100 });
    expect(second["pagingInfo"]).not.toHaveProperty("idCursor");
    expect(idsOf(await query(0, 3, 0))).toEqual(["150", "149", "148"]);
    expect(idsOf(await query(2, 3, 148))).toEqual(["147", "146", "145"]);
    expect(idsOf(await query(1, 0, 0, otherGroup))).toEqual([]);
  });

  it("stores a message once, however often it is sent", async () => {
    await post(group, "once");
    await post(group, "once", "twice", "once");
    expect(idsOf(await query(1, 0, 0))).toEqual(["1", "2"]);
  });

  it("stores all messages of a call or none of them", async () => {
    const messages = [
      { v1: { data: groupMessageBytes({ groupId: group }) } },
      { v1: { data: Buffer.from("no group message") } },
    ];
    expect(await client.call("SendGroupMessages", { messages })).toMatchObject({
      status: INVALID_ARGUMENT,
    });
    expect(node.stats().groupMessages).toBe(0);
  });

  it("answers the newest message of each group asked, in that order, with or without content", async () => {
    await post(group, "old", "new");
    const groupIds = [otherGroup, group];
    const bare = await ask("GetNewestGroupMessage", { groupIds });
    const header = { id: "2", groupId: group, createdNs: expect.any(String) };
    expect(bare["responses"]).toEqual([{}, { groupMessage: { v1: header } }]);
    const full = await ask("GetNewestGroupMessage", { groupIds, includeContent: true });
    const data = groupMessageBytes({ groupId: group, content: "new" });
    expect(full["responses"]).toEqual([{}, { groupMessage: { v1: { ...header, data } } }]);
  });

  it("keeps the newest key package of an installation, and answers in the order asked", async () => {
    const upload = (bytes: Uint8Array) =>
      ask("UploadKeyPackage", { keyPackage: { keyPackageTlsSerialized: bytes } });
    await upload(keyPackageBytes(installation, "old"));
    const newest = keyPackageBytes(installation, "new");
    await upload(newest);
    const installationKeys = [Buffer.alloc(32, 9), installation, Buffer.alloc(32, 8)];
    const { keyPackages } = await ask("FetchKeyPackages", { installationKeys });
    expect(keyPackages).toEqual([{}, { keyPackageTlsSerialized: newest }, {}]);
    const keyPackage = { keyPackageTlsSerialized: newest };
    expect(await ask("RegisterInstallation", { keyPackage })).toEqual({
      installationKey: installation,
    });
  });

  it("hands a welcome and a pointer on as they came", async () => {
    const common = { installationKey: installation, hpkePublicKey: Buffer.from("hpke") };
    const v1 = {
      ...common,
      data: Buffer.from("w"),
      wrapperAlgorithm: 2,
      welcomeMetadata: Buffer.from("m"),
    };
    const welcomePointer = { ...common, welcomePointer: Buffer.from("p"), wrapperAlgorithm: 2 };
    const messages = [{ v1 }, { welcomePointer }];
    await ask("SendWelcomeMessages", { messages });
    await ask("SendWelcomeMessages", { messages });
    const pagingInfo = { direction: 1 };
    const request = { installationKey: installation, pagingInfo };
    const answer = await ask("QueryWelcomeMessages", request);
    expect(answer["messages"]).toMatchObject([
      { v1: { id: "1", ...v1 } },
      { welcomePointer: { id: "2", ...welcomePointer } },
    ]);
  });

  it("keeps the commit log with its signatures, and answers each request by itself", async () => {
    const signature = { bytes: Buffer.from("sig"), publicKey: Buffer.from("key") };
    const entry = (text: string) => ({
      groupId: group,
      serializedCommitLogEntry: Buffer.from(text),
      signature,
    });
    await ask("BatchPublishCommitLog", { requests: [entry("a"), entry("b")] });
    const { responses } = await ask("BatchQueryCommitLog", {
      requests: [{ groupId: otherGroup }, { groupId: group, pagingInfo: { idCursor: 1 } }],
    });
    expect(responses).toMatchObject([
      { groupId: otherGroup, commitLogEntries: [] },
      {
        groupId: group,
        commitLogEntries: [
          { sequenceId: "2", serializedCommitLogEntry: Buffer.from("b"), signature },
        ],
      },
    ]);
  });

  it("leaves the inbox id of an unknown address out", async () => {
    const identifier = `0x${"1".repeat(40)}`;
    const requests = [{ identifier, identifierKind: 1 }];
    const { responses } = await ask("GetInboxIds", { requests });
    expect(responses).toEqual([{ identifier, identifierKind: 1 }]);
  });

  it("answers an unknown inbox with no updates", async () => {
    const inboxId = "0".repeat(64);
    const { responses } = await ask("GetIdentityUpdates", { requests: [{ inboxId }] });
    expect(responses).toEqual([{ inboxId, updates: [] }]);
  });

  it("refuses every signature of a smart contract wallet, and says why", async () => {
    const { responses } = await ask("VerifySmartContractWalletSignatures", {
      signatures: [{ accountId: "eip155:1:0x00" }, {}],
    });
    const refusal = { error: expect.stringContaining("blockchain") };
    expect(responses).toEqual([refusal, refusal]);
  });

  const welcome = { installationKey: installation, data: Buffer.from("w") };
  const entry = { groupId: group, serializedCommitLogEntry: Buffer.from("e"), signature: {} };
  const refusals: [string, XmtpMethod, XmtpObject][] = [
    ["no messages", "SendGroupMessages", { messages: [] }],
    ["a message without a version", "SendGroupMessages", { messages: [{}] }],
    ["a message without data", "SendGroupMessages", { messages: [{ v1: {} }] }],
    ["no welcomes", "SendWelcomeMessages", { messages: [] }],
    ["a welcome without a version", "SendWelcomeMessages", { messages: [{}] }],
    ["a welcome without a key", "SendWelcomeMessages", { messages: [{ v1: welcome }] }],
    ["a query without a group", "QueryGroupMessages", {}],
    ["a query without an installation", "QueryWelcomeMessages", {}],
    ["no groups", "GetNewestGroupMessage", { groupIds: [] }],
    ["a welcome stream without filters", "SubscribeWelcomeMessages", { filters: [] }],
    ["a welcome stream with an empty key", "SubscribeWelcomeMessages", { filters: [{}] }],
    ["no key package", "UploadKeyPackage", {}],
    [
      "a broken key package",
      "UploadKeyPackage",
      { keyPackage: { keyPackageTlsSerialized: Buffer.from([0, 1, 0]) } },
    ],
    ["no log entries", "BatchPublishCommitLog", { requests: [] }],
    ["eleven log entries", "BatchPublishCommitLog", { requests: times(11, entry) }],
    [
      "a log entry without a signature",
      "BatchPublishCommitLog",
      { requests: [{ ...entry, signature: undefined }] },
    ],
    ["21 log queries", "BatchQueryCommitLog", { requests: times(21, { groupId: group }) }],
    [
      "a descending log query",
      "BatchQueryCommitLog",
      { requests: [{ groupId: group, pagingInfo: { direction: 2 } }] },
    ],
    ["no identity update", "PublishIdentityUpdate", {}],
    ["an empty identity update", "PublishIdentityUpdate", { identityUpdate: {} }],
  ];
  it.each(refusals)("refuses %s", async (_what, method, request) => {
    const { status, message } = await client.call(method, request);
    expect(status).toBe(INVALID_ARGUMENT);
    expect(message).not.toBe("");
  });

  it("takes ten log entries and 20 log queries", async () => {
    await ask("BatchPublishCommitLog", { requests: times(10, entry) });
    const { responses } = await ask("BatchQueryCommitLog", {
      requests: times(20, { groupId: group }),
    });
    expect(responses).toHaveLength(20);
  });

  it("refuses a request of more than 50 MiB", async () => {
    const path = "/xmtp.mls.api.v1.MlsApi/SendGroupMessages";
    const { status } = await client.callRaw(path, new Uint8Array(52_428_801));
    expect(status).toBe(RESOURCE_EXHAUSTED);
  });

  it.each([
    ["no frame", [], false],
    ["half a frame", [0, 0, 0, 0, 9, 1], false],
    ["bytes that are no protobuf", [255, 255], true],
  ])("refuses %s", async (_what, bytes, isFramed) => {
    const path = "/xmtp.mls.api.v1.MlsApi/SendGroupMessages";
    const { status } = await client.callRaw(path, Uint8Array.from(bytes), isFramed);
    expect(status).toBe(INVALID_ARGUMENT);
  });

  it("says that it does not know a method, and logs it once", async () => {
    const path = "/xmtp.xmtpv4.message_api.ReplicationApi/QueryEnvelopes";
    for (const _ of [1, 2]) {
      expect(await client.callRaw(path, new Uint8Array())).toMatchObject({ status: UNIMPLEMENTED });
    }
    expect(log).toEqual([expect.stringContaining(path)]);
  });

  it("replays what a stream has missed, then goes on with what is new, each message once", async () => {
    await post(group, ...numbers(1, 250));
    const stream = client.open("SubscribeGroupMessages", {
      filters: [{ topic: group, idCursor: 20 }, { topic: otherGroup }],
    });
    // Some come while the stream is still being fed with the old ones.
    for (const text of numbers(251, 280)) await post(group, text);
    await post(otherGroup, "other");
    const received = await stream.received(261);
    expect(received.map(idOf)).toEqual(numbers(21, 281));
  });

  it("keeps a stream without filters open and silent", async () => {
    const stream = client.open("SubscribeGroupMessages", { filters: [] });
    await stream.opened;
    await post(group, "for others");
    expect(node.stats().openStreams).toBe(1);
    expect(stream.messages).toEqual([]);
  });

  it("closes the stream of a subscriber who does not read, who loses nothing by coming back", async () => {
    const stream = client.open("SubscribeGroupMessages", { filters: [{ topic: group }] });
    await stream.opened;
    stream.pause();
    const big = "x".repeat(20_000);
    let sent = 0;
    while (node.stats().openStreams > 0 && sent < 1_000) {
      sent += 1;
      await post(group, `${sent} ${big}`);
    }
    expect(node.stats().openStreams).toBe(0);
    stream.resume();
    const again = client.open("SubscribeGroupMessages", { filters: [{ topic: group }] });
    expect((await again.received(sent)).map(idOf)).toEqual(numbers(1, sent));
  });

  it("forgets a stream when its client leaves", async () => {
    const stream = client.open("SubscribeGroupMessages", { filters: [{ topic: group }] });
    await stream.opened;
    stream.close();
    await stream.ended;
    await post(group, "nobody there");
    expect(node.stats().openStreams).toBe(0);
  });

  it("cuts a connection when told to, after the work was done when told so", async () => {
    const drop = { kind: "drop", methods: ["SendGroupMessages"], times: 1 } as const;
    const messages = [{ v1: { data: groupMessageBytes({ groupId: group }) } }];
    node.faults.inject(drop);
    expect(await client.call("SendGroupMessages", { messages })).toMatchObject({ status: -1 });
    expect(node.stats().groupMessages).toBe(0);
    node.faults.inject({ ...drop, applied: true });
    await using again = connectGrpc(node.url);
    expect(await again.call("SendGroupMessages", { messages })).toMatchObject({ status: -1 });
    expect(node.stats().groupMessages).toBe(1);
  });

  it("lets the first calls pass that a fault skips, and all calls once faults are cleared", async () => {
    const fault = node.faults.inject({ kind: "fail", code: "ABORTED", skip: 1 });
    const statuses: number[] = [];
    const call = async (): Promise<void> => {
      statuses.push((await client.call("FetchKeyPackages", {})).status);
    };
    await call();
    await call();
    node.faults.clear();
    await call();
    expect(statuses).toEqual([0, 10, 0]);
    expect(fault.hits).toBe(1);
  });

  it("loses messages when told to: on their way in for ever, on their way out for the streams", async () => {
    const stream = client.open("SubscribeGroupMessages", { filters: [{ topic: group }] });
    await stream.opened;
    const wayIn = node.faults.withhold({ from: "everyone", topic: group });
    await post(group, "lost");
    wayIn.lose();
    const wayOut = node.faults.withhold({ from: "streams", kind: "group" });
    await post(group, "stored only");
    wayOut.lose();
    await post(group, "streamed");
    expect(idsOf(await query(1, 0, 0))).toEqual(["1", "2"]);
    expect((await stream.received(1)).map(idOf)).toEqual(["2"]);
  });
});

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, n) => String(from + n));
}

function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

const Message = z.object({ v1: z.record(z.string(), z.unknown()) });

function idOf(message: XmtpObject): unknown {
  return Message.parse(message).v1["id"];
}

function idsOf(answer: XmtpObject): unknown[] {
  return valuesOf(answer, "id");
}

function valuesOf({ messages }: XmtpObject, field: string): unknown[] {
  return z
    .array(Message)
    .parse(messages)
    .map(({ v1 }) => v1[field]);
}
