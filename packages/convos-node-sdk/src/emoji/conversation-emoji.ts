import { createHash } from "node:crypto";

/** The app's list, in its order: a conversation has the same emoji everywhere. */
const EMOJIS = (
  "🥫 🎸 🎨 🎯 🎪 🎭 🎬 🎤 🎧 🎹 🎺 🎻 🪘 🪗 🎲 🎮 🧩 🪀 🪁 🧸 🪆 🔮 🧿 🪬 🎰 🛸 🚀 ⚓️ 🧲 💎 " +
  "🌵 🌊 🍄 🌸 🌈 🌻 🌴 🌲 🍀 🌾 🪻 🪷 🪹 🪺 🌙 ⭐️ 🌍 🔥 💧 🌪️ " +
  "🦊 🐙 🦋 🐢 🦩 🦄 🐋 🦈 🦑 🐠 🦜 🦚 🦢 🦉 🦇 🐝 🐌 🦎 🐲 🦕 " +
  "🍕 🌮 🍩 🍦 🥑 🍎 🍋 🍇 🥝 🍒 🧁 🍰 🍪 🥨 🥐 🧀 🥗 🍜 🍣 🥟"
).split(" ");

/** The emoji of a conversation that nobody has chosen one for: by the first byte of the SHA-256 of its id (section 1.7). */
export function emojiForConversation(conversationId: string): string {
  const [first = 0] = createHash("sha256").update(conversationId).digest();
  return EMOJIS[first % EMOJIS.length] ?? "";
}
