import { beforeEach, describe, expect, it } from "vitest";
import { createSecretRotation, type SecretRotation } from "./secret-rotation.ts";

interface Account {
  readonly accountId: string;
  readonly name: string;
  readonly secret?: string;
}

let rotation: SecretRotation<Account>;
let reference: string | undefined;

/** A secret is `id/anything`; what has no slash is invalid. */
const account = (secret?: string, name = "Alice"): Account => ({
  accountId: "alice",
  name,
  ...(secret === undefined ? {} : { secret }),
});

beforeEach(() => {
  reference = "file:/alice";
  rotation = createSecretRotation<Account>({
    readSecret: ({ secret }) => secret,
    readReference: () => reference,
    identify: async (secret) => {
      const [id, rest] = secret.split("/");
      if (rest === undefined) throw new Error(`not valid: ${secret}`);
      return id ?? "";
    },
    withSecretOf: ({ secret: _old, ...rest }, { secret }) =>
      secret === undefined ? rest : { ...rest, secret },
  });
  rotation.started(account("a/1"), "a");
});

/** Stop, and the question that the host asks before it starts the account. */
async function rotate(secret?: string): Promise<string> {
  rotation.expectStart("alice");
  return await rotation.check(account(secret)).then(
    () => "accepted",
    (error: unknown) => String(error),
  );
}

describe("a rotated secret", () => {
  it("is taken when it makes the same id", async () => {
    expect(await rotate("a/2")).toBe("accepted");
    expect(rotation.begin(account("a/2"))).toEqual(account("a/2"));
    expect(rotation.refusal("alice")).toBeUndefined();
  });

  it.each([
    ["b/1", { kind: "other", id: "b" }],
    ["nonsense", { kind: "invalid" }],
    [undefined, { kind: "empty" }],
  ])(
    "is refused once when it is %s; the next start has the last good one",
    async (secret, refusal) => {
      expect(await rotate(secret)).toContain("was not taken");
      expect(await rotate(secret)).toBe("accepted");
      expect(rotation.begin(account(secret, "New name"))).toEqual(account("a/1", "New name"));
      rotation.started(account("a/1"), "a");
      expect(rotation.refusal("alice")).toEqual({ refusal, runningAs: "a" });
    },
  );

  it("never stands in the error", async () => {
    expect(await rotate("nonsense")).not.toContain("nonsense");
  });

  it("is refused again when another bad one follows", async () => {
    await rotate("b/1");
    rotation.started(rotation.begin(account("b/1")), "a");
    expect(await rotate("c/1")).toContain("was not taken");
  });

  it("is not refused any more when the good one is back, and refused anew after that", async () => {
    await rotate("b/1");
    rotation.started(rotation.begin(account("b/1")), "a");
    expect(await rotate("a/1")).toBe("accepted");
    rotation.started(rotation.begin(account("a/1")), "a");
    expect(rotation.refusal("alice")).toBeUndefined();
    expect(await rotate("b/1")).toContain("was not taken");
  });

  it("is looked at only between a stop and a start", async () => {
    await expect(rotation.check(account("b/1"))).resolves.toBeUndefined();
    rotation.expectStart("alice");
    rotation.begin(account("a/1"));
    await expect(rotation.check(account("b/1"))).resolves.toBeUndefined();
  });

  it("is replaced by the last good one when the start failed on it", async () => {
    expect(rotation.begin(account("b/1"))).toEqual(account("b/1"));
    await expect(rotation.fallBack(account("b/1"))).resolves.toEqual(account("a/1"));
    await expect(rotation.fallBack(account("a/1"))).resolves.toBeUndefined();
    expect(rotation.refusal("alice")).toMatchObject({ runningAs: "a" });
  });
});

describe("what is no rotation", () => {
  it("is another reference: the operator's own decision", async () => {
    reference = "file:/other";
    expect(await rotate("b/1")).toBe("accepted");
    await expect(rotation.fallBack(account("b/1"))).resolves.toBeUndefined();
  });

  it("is a value written in the configuration itself", async () => {
    reference = undefined;
    rotation.started(account("a/1"), "a");
    expect(await rotate("b/1")).toBe("accepted");
  });

  it("is the first start of a process", async () => {
    rotation.expectStart("bob");
    await expect(rotation.check({ ...account("b/1"), accountId: "bob" })).resolves.toBeUndefined();
  });
});
