import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { TakenFault } from "./faults.ts";
import type { CallAnswer } from "./routes.ts";

/** What a fault leaves of an exchange: an answer to send, or nothing because the connection was dealt with. */
export type FaultOutcome = CallAnswer | "handled";

/** Carries out a call the way the fault wants it. */
export async function answerWithFault(
  { fault, removed }: TakenFault,
  call: () => CallAnswer,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FaultOutcome> {
  switch (fault.kind) {
    case "drop":
      if (fault.applied === true) call();
      reply.hijack();
      request.raw.socket.destroy();
      return "handled";
    case "hang":
      if (fault.applied === true) call();
      reply.hijack();
      // The client's departure or the relay's closing emits "close"; the removal of the fault ends it from here.
      await once(reply.raw, "close", { signal: removed }).catch(() => request.raw.socket.destroy());
      return "handled";
    case "delay":
      await sleep(fault.delayMs, undefined, { signal: removed }).catch(() => undefined);
      return call();
    case "duplicate": {
      const answer = call();
      return Array.isArray(answer.body)
        ? { ...answer, body: answer.body.flatMap((item: unknown) => [item, item]) }
        : call();
    }
    case "reorder": {
      const answer = call();
      return Array.isArray(answer.body) ? { ...answer, body: answer.body.toReversed() } : answer;
    }
    case "status":
      if (fault.applied === true) call();
      return {
        status: fault.status,
        body: { error: "fault", message: "fault switch" },
        headers: fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter },
      };
    case "rewrite": {
      const answer = call();
      return { ...answer, body: fault.rewrite(answer.body) };
    }
    case "respond":
      break;
  }
  reply.hijack();
  await fault.respond(request.raw, reply.raw, request.body);
  return "handled";
}
