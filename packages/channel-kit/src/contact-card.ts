// How people find the bot: its id in full, a QR code of it in the terminal, and the same code as a picture for one's own
// eyes. The code holds the public id only.
import path from "node:path";
import { renderQrPngBase64, renderQrTerminal } from "openclaw/plugin-sdk/media-runtime";
import { writePrivateFile } from "./private-file.ts";

const FILE = "contact.png";
/** Below this width the code would be broken into pieces. */
const MIN_COLUMNS = 60;

export interface ContactCard {
  readonly userId: string;
  readonly link: string;
  readonly pngPath: string;
  /** Lines of a QR code; undefined where it could not be read. */
  readonly qr: string | undefined;
}

export interface ContactCardOptions {
  readonly userId: string;
  /** What the code says. */
  readonly link: string;
  /** The identity's own folder: the picture never goes through a shared one. */
  readonly folder: string;
  readonly showsQr: boolean;
}

/** Writes the picture (0600) and draws the code. */
export async function makeContactCard(options: ContactCardOptions): Promise<ContactCard> {
  const { folder, link, showsQr, userId } = options;
  const pngPath = path.join(folder, FILE);
  const png = Buffer.from(await renderQrPngBase64(link), "base64");
  await writePrivateFile(pngPath, png);
  return {
    userId,
    link,
    pngPath,
    qr: showsQr ? await renderQrTerminal(link, { small: true }) : undefined,
  };
}

/** Half blocks need UTF-8 and room; a screen reader would read them out. */
export function canShowQr(
  terminal: { readonly columns: number; readonly plain: boolean } | undefined,
  env: NodeJS.ProcessEnv,
): boolean {
  if (terminal === undefined || terminal.plain || terminal.columns < MIN_COLUMNS) return false;
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return /utf-?8/i.test(locale);
}

/**
 * The card as text, below the code.
 *
 * @param label - The channel's name, which its app has too.
 * @param options.isRemote - In a browser, whose reader may have no way to a file of the gateway's machine: the link stands
 *   for the picture then.
 */
export function describeContactCard(
  card: ContactCard,
  label: string,
  { isRemote = false }: { readonly isRemote?: boolean } = {},
): string {
  const id = [`Your bot's ${label} id, which may be public:`, card.userId, ""];
  if (isRemote) {
    const way = `In the ${label} app: New contact, then paste the id, or this invite link:`;
    return [...id, way, card.link].join("\n");
  }
  return [
    ...id,
    card.qr === undefined
      ? `In the ${label} app: New contact, then paste the id or scan the picture.`
      : `In the ${label} app: New contact, then Scan.`,
    `Picture of the code: ${card.pngPath}`,
  ].join("\n");
}
