import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { readGroupMessageHeader, readInstallationKey } from "./mls.ts";

const groupId = Buffer.alloc(16, 9);
const epoch = Buffer.alloc(8);

function privateMessage(contentType: number, id: Uint8Array = groupId): Buffer {
  return Buffer.concat([vectorHeader([0, 1, 0, 2], id), epoch, Buffer.from([contentType])]);
}

/** Some bytes, then a vector with the shortest length in front. */
function vectorHeader(before: number[], vector: Uint8Array): Buffer {
  const { length } = vector;
  const size = length < 64 ? [length] : [0x40 | (length >> 8), length & 0xff];
  return Buffer.concat([Buffer.from([...before, ...size]), vector]);
}

describe("the header of a group message", () => {
  it.each([
    ["application data", 1, false],
    ["a proposal", 2, true],
    ["a commit", 3, true],
  ])("tells %s", (_what, contentType, isCommit) => {
    expect(readGroupMessageHeader(privateMessage(contentType))).toEqual({ groupId, isCommit });
  });

  it.each([
    ["a member", [1, 0, 0, 0, 5]],
    ["an external sender", [2, 0, 0, 0, 0]],
    ["a newcomer", [4]],
  ])("is found behind %s of a public message", (_what, sender) => {
    const rest = vectorHeader(sender, Buffer.from("authenticated"));
    const bytes = [vectorHeader([0, 1, 0, 1], groupId), epoch, rest, Buffer.from([3])];
    expect(readGroupMessageHeader(Buffer.concat(bytes))).toEqual({ groupId, isCommit: true });
  });

  it("reads a group id with a length of two bytes", () => {
    const long = Buffer.alloc(100, 4);
    expect(readGroupMessageHeader(privateMessage(1, long)).groupId).toEqual(long);
  });

  it.each([
    ["an unknown version", Buffer.from([0, 2, 0, 2])],
    ["a welcome", Buffer.from([0, 1, 0, 3, 0])],
    ["an empty group id", privateMessage(1, Buffer.alloc(0))],
    ["an unknown content type", privateMessage(4)],
    ["a length of the reserved kind", Buffer.from([0, 1, 0, 2, 0xc0])],
  ])("refuses %s", (_what, bytes) => {
    expect(() => readGroupMessageHeader(bytes)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("fails with a status, never otherwise, on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 48 }), (bytes) => {
        for (const read of [readGroupMessageHeader, readInstallationKey]) {
          const { code } = refusalOf(() => read(Uint8Array.from([0, 1, 0, 2, ...bytes])));
          expect(["OK", "INVALID_ARGUMENT"]).toContain(code);
        }
      }),
    );
  });
});

describe("the installation key of a key package", () => {
  const key = Buffer.alloc(32, 7);
  it("is the signature key of its leaf", () => {
    expect(readInstallationKey(keyPackage(key))).toEqual(key);
  });

  it.each([
    ["of another length", keyPackage(Buffer.alloc(31))],
    ["with an X.509 credential", keyPackage(key, 2)],
    ["without a credential", keyPackage(key).subarray(0, -68)],
    ["cut off", keyPackage(key).subarray(0, 80)],
  ])("is refused %s", (_what, bytes) => {
    expect(() => readInstallationKey(bytes)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});

function keyPackage(signatureKey: Uint8Array, credentialType = 1): Buffer {
  return Buffer.concat([
    Buffer.from([0, 1, 0, 3]),
    vectorHeader([], Buffer.alloc(32, 1)),
    vectorHeader([], Buffer.alloc(32, 2)),
    vectorHeader([], signatureKey),
    Buffer.from([0, credentialType]),
    vectorHeader([], Buffer.alloc(66, 3)),
  ]);
}
