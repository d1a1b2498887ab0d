// A network that keeps what reached it, and does at each send what the test says.

import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import type { OutboxSendContext, OutboxTransport } from "../src/outbox-contract.ts";

export interface TestBody {
  readonly text: string;
}

export function parseTestBody(value: unknown): TestBody {
  if (typeof value === "object" && value !== null && "text" in value) {
    const { text } = value;
    if (typeof text === "string") {
      return { text };
    }
  }
  throw new TypeError("not a test body");
}

export interface Arrival {
  readonly text: string;
  /** Hex of the transport's message id. */
  readonly id: string;
  readonly isResend: boolean;
}

/** What the next send does; without one it arrives. */
export type Behavior = (context: OutboxSendContext) => Promise<void>;

export class FakeTransport implements OutboxTransport<TestBody> {
  /** Everything that reached the network, repetitions included. */
  readonly arrivals: Arrival[] = [];
  /** Runs before a message reaches the network. */
  before: Behavior | undefined;
  /** Runs after a message reached the network, before the sender knows. */
  after: Behavior | undefined;
  skipsHandoff = false;

  async send(body: TestBody, context: OutboxSendContext): Promise<{ nativeId: string }> {
    await this.before?.(context);
    if (!this.skipsHandoff) {
      context.assertHandoff();
    }
    const id = Buffer.from(context.messageId(12)).toString("hex");
    this.arrivals.push({ text: body.text, id, isResend: context.isResend });
    await this.after?.(context);
    return { nativeId: `native-${id}` };
  }

  /** What a receiver shows that knows each id once. */
  get visible(): readonly string[] {
    return [...new Map(this.arrivals.map(({ id, text }) => [id, text])).values()];
  }
}

export function notDispatched(): PlatformMessageNotDispatchedError {
  return new PlatformMessageNotDispatchedError("test: no connection", { cause: undefined });
}
