// Loaded by the real gateway beside a channel, to see from outside when a message of the channel reaches the agent's side.
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";

export default definePluginEntry({
  id: "dispatch-probe",
  name: "Dispatch probe",
  description: "Logs when OpenClaw takes a message for the agent.",
  register(api) {
    api.on("message_received", ({ messageId }) => {
      // The monotonic clock is the same in every process of the machine.
      api.logger.info(`dispatched ${messageId} at ${process.hrtime.bigint()}`);
    });
  },
});
