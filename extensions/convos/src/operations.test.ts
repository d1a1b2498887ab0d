import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import { expect, it } from "vitest";
import { registerOperations } from "./operations.ts";

type Register = OpenClawPluginApi["registerGatewayMethod"];

/** What a gateway that runs no account answers. */
async function call(method: string, params: Record<string, unknown>): Promise<unknown[]> {
  let answered: unknown[] = [];
  const running: Promise<void>[] = [];
  const respond = (...answer: unknown[]): void => {
    answered = answer;
  };
  const registerGatewayMethod: Register = (name, handler) => {
    if (name !== method) return;
    // Nothing else of a request is looked at.
    running.push(Promise.resolve(Reflect.apply(handler, undefined, [{ params, respond }])));
  };
  registerOperations({ registerGatewayMethod }, () => undefined);
  await Promise.all(running);
  return answered;
}

it("says which parameters are missing or wrong, and only then whether the account runs", async () => {
  const [isFine, , problem] = await call("convos.join", { accountId: 7 });
  expect(isFine).toBe(false);
  expect(problem).toMatchObject({ code: "INVALID_REQUEST" });
  expect(problem).toMatchObject({
    message: expect.stringMatching(
      /^convos\.join: .*params\.accountId: .*params\.invite: .*params\.mayAddInstallation: /,
    ),
  });
  const given = { invite: "x", mayAddInstallation: false };
  expect(await call("convos.join", given)).toEqual([true, { running: false }]);
});
