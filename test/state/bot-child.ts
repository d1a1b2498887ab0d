/**
 * A bot in a process of its own, for limits that a test must not put on itself. RELAY_URL and OPENCLAW_STATE_DIR are in
 * its environment; it prints one line per change: `ready <id>`, `turn <text>`, `log <line>`, `failed <why>`.
 */
import { startBot } from "../support/gossip-bot.ts";

const bot = startBot({
  stateDir: process.env["OPENCLAW_STATE_DIR"] ?? "",
  section: {
    enabled: true,
    protocolUrl: process.env["RELAY_URL"],
    dmPolicy: "open",
    allowFrom: ["*"],
  },
  onLine: (line) => console.log(`log ${line}`),
});
bot.ended.catch((error: unknown) => {
  console.log(`failed ${error instanceof Error ? error.message : "for no reason"}`);
  process.exit(1);
});
process.on("disconnect", () => process.exit(1));
console.log(`ready ${await bot.whenReady()}`);
for (let count = 1; ; count += 1) {
  await bot.whenTurns(count);
  console.log(`turn ${bot.turns[count - 1]?.message.rawBody}`);
}
