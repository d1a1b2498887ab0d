import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import { expect, it } from "vitest";
import { registerOperations } from "./operations.ts";

type Register = OpenClawPluginApi["registerGatewayMethod"];
type Handler = Parameters<Register>[1];

/** What a gateway that runs no account answers. */
async function call(method: string, params: Record<string, unknown>): Promise<unknown[]> {
  const handlers = new Map<string, Handler>();
  const registerGatewayMethod: Register = (name, handler) => void handlers.set(name, handler);
  registerOperations({ registerGatewayMethod }, () => undefined);
  let answered: unknown[] = [];
  const request: Pick<Parameters<Handler>[0], "params" | "respond"> = {
    params,
    respond: (...answer) => {
      answered = answer;
    },
  };
  // Nothing else of a request is looked at.
  await handlers.get(method)?.(request as Parameters<Handler>[0]);
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
