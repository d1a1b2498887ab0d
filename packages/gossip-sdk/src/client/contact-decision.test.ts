import { describe, expect, it } from "vitest";
import { person } from "../../test-support/people.ts";
import { decideContact } from "./contact-decision.ts";

const request = { peer: person(2).userId, message: "hello" };
const log = { debug: () => {}, info: () => {}, warn: () => {} };

describe("the answer to a contact request", () => {
  it("is asked for again when the check fails for a moment", async () => {
    let asked = 0;
    const shouldAccept = async (): Promise<boolean> => {
      asked += 1;
      if (asked < 3) throw new Error("test: a file is locked");
      return true;
    };
    const { signal } = new AbortController();
    expect(await decideContact(request, { shouldAccept, log, signal })).toBe("accepted");
  });

  it("is no when the check keeps failing", async () => {
    let asked = 0;
    const shouldAccept = (): boolean => {
      asked += 1;
      throw new Error("test: broken");
    };
    const { signal } = new AbortController();
    expect(await decideContact(request, { shouldAccept, log, signal })).toBe("rejected");
    expect(asked).toBe(3);
  });

  it("is none at all when the client stops before it is there", async () => {
    const stop = new AbortController();
    const asked = Promise.withResolvers<void>();
    const shouldAccept = (): Promise<boolean> => {
      asked.resolve();
      return new Promise(() => {});
    };
    const answer = decideContact(request, { shouldAccept, log, signal: stop.signal });
    await asked.promise;
    stop.abort(new Error("test: stopped"));
    await expect(answer).rejects.toThrow("test: stopped");
    const late = decideContact(request, { shouldAccept, log, signal: stop.signal });
    await expect(late).rejects.toThrow("test: stopped");
  });
});
