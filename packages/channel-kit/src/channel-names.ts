/** How a channel is called, which is all that most shared rooms have to know of it. */
export interface ChannelNames {
  /** E.g. `gossip`: section of the configuration, command `openclaw <id>`, folder of the identities. */
  readonly id: string;
  /** E.g. `Gossip`: for people. */
  readonly label: string;
  /** What stands between the bot and the people, e.g. `relay`: for people. */
  readonly network: string;
  /** What people write to the bot with, e.g. `a peer of yours`; default: the app of the channel's name. */
  readonly app?: string;
}

/** What people write to the bot with, as a sentence names it. */
export function appOf({ app, label }: Pick<ChannelNames, "app" | "label">): string {
  return app ?? `the ${label} app`;
}
