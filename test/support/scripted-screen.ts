import type { PrivateScreen } from "channel-kit/terminal";

/** A private screen whose person types these lines; after the last one he gives up. */
export function scriptScreen(
  lines: readonly string[],
  size: Partial<Pick<PrivateScreen, "columns" | "rows" | "plain">> = {},
) {
  const rest = [...lines];
  const shown: string[] = [];
  const asked: { readonly prompt: string; readonly masked: boolean }[] = [];
  const screen: PrivateScreen = {
    columns: 80,
    rows: 24,
    plain: false,
    ...size,
    show: (page) => {
      shown.push(page.join("\n"));
    },
    readLine: async (prompt, { masked = false } = {}) => {
      asked.push({ prompt, masked });
      return rest.shift();
    },
  };
  return { screen, shown, asked };
}
