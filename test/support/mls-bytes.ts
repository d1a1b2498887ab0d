/** Bytes of the form that a node reads. Their contents are nothing: a node cannot look into messages. */

export interface GroupMessageShape {
  readonly groupId: Uint8Array;
  /** What makes this message another one than the next. */
  readonly content?: string;
  /** 1 application, 2 proposal, 3 commit. */
  readonly contentType?: number;
  /** 1 public, 2 private. */
  readonly wireFormat?: number;
}

/** An MLSMessage (RFC 9420, section 6) up to the content type, then `content`. */
export function groupMessageBytes({
  groupId,
  content = "",
  contentType = 1,
  wireFormat = 2,
}: GroupMessageShape): Buffer {
  const epoch = Buffer.alloc(8);
  // A public message says between the two who sent it: member 0, with no authenticated data.
  const sender = wireFormat === 1 ? [1, 0, 0, 0, 0, 0] : [];
  return Buffer.concat([
    Buffer.from([0, 1, 0, wireFormat, groupId.length]),
    groupId,
    epoch,
    Buffer.from([...sender, contentType]),
    Buffer.from(content),
  ]);
}

/** A KeyPackage (RFC 9420, section 10) up to the credential, then `rest`. */
export function keyPackageBytes(installationKey: Uint8Array, rest = ""): Buffer {
  return Buffer.concat([
    Buffer.from([0, 1, 0, 3]),
    vector(Buffer.alloc(32, 1)),
    vector(Buffer.alloc(32, 2)),
    vector(installationKey),
    Buffer.from([0, 1]),
    vector(Buffer.from("credential")),
    Buffer.from(rest),
  ]);
}

function vector(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
