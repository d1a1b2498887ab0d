// Every list of a configuration that gives people of a channel something: a way in, commands, elevated tools. Who closes the
// door on somebody has to know all of them.

/** The part of a configuration that lists people. Fields that are not there stay away. */
export interface ListsHolder {
  commands?: { ownerAllowFrom?: unknown; allowFrom?: unknown };
  channels?: Record<string, unknown>;
  tools?: unknown;
  agents?: unknown;
  accessGroups?: unknown;
}

/** One list, where it lies. */
export interface SenderList {
  readonly path: string;
  /**
   * - `way_in`: the channel's own allowlists, of its section and its accounts.
   * - `group`: members of an access group, who are on every list that names the group.
   * - `right`: owners, commands, elevated tools: worth something only to those who are let in.
   */
  readonly kind: "way_in" | "group" | "right";
  /** Name of the access group whose members these are. */
  readonly group: string | undefined;
  readonly entries: readonly unknown[];
  /** Entries of several channels stand together: an id is written with its channel. */
  readonly isShared: boolean;
  readonly replace: (entries: readonly unknown[]) => void;
}

/** Lists that exist, in the order in which they are to be closed: ways in first. Writing to one changes `config`. */
export function findSenderLists(config: ListsHolder, channelId: string): SenderList[] {
  const section = readRecord(config.channels, channelId);
  const sectionPath = `channels.${channelId}`;
  const perChannel = (
    holder: unknown,
    path: string,
    kind: SenderList["kind"],
    group?: string,
  ): SenderList[] =>
    [channelId, "*"].flatMap((key) =>
      listAt(holder, key, { path, kind, isShared: key === "*", group }),
    );
  return [
    ...listAt(section, "allowFrom", { path: sectionPath, kind: "way_in" }),
    ...childrenOf(section, "accounts").flatMap(([id, account]) =>
      listAt(account, "allowFrom", { path: `${sectionPath}.accounts.${id}`, kind: "way_in" }),
    ),
    ...childrenOf(config, "accessGroups").flatMap(([name, group]) =>
      perChannel(readRecord(group, "members"), `accessGroups.${name}.members`, "group", name),
    ),
    ...listAt(config.commands, "ownerAllowFrom", {
      path: "commands",
      kind: "right",
      isShared: true,
    }),
    ...perChannel(config.commands?.allowFrom, "commands.allowFrom", "right"),
    ...perChannel(elevatedOf(config), "tools.elevated.allowFrom", "right"),
    ...childrenOf(config.agents, "entries").flatMap(([id, agent]) =>
      perChannel(elevatedOf(agent), `agents.entries.${id}.tools.elevated.allowFrom`, "right"),
    ),
  ];
}

function elevatedOf(holder: unknown): unknown {
  return readRecord(readRecord(readRecord(holder, "tools"), "elevated"), "allowFrom");
}

function listAt(
  holder: unknown,
  key: string,
  facts: Pick<SenderList, "kind" | "path"> & { isShared?: boolean; group?: string | undefined },
): SenderList[] {
  const entries = isRecord(holder) ? holder[key] : undefined;
  if (!isRecord(holder) || !Array.isArray(entries)) return [];
  return [
    {
      path: `${facts.path}.${key}`,
      kind: facts.kind,
      group: facts.group,
      entries,
      isShared: facts.isShared ?? false,
      replace: (next) => {
        holder[key] = [...next];
      },
    },
  ];
}

function childrenOf(holder: unknown, key: string): [string, unknown][] {
  return Object.entries(readRecord(holder, key) ?? {});
}

function readRecord(holder: unknown, key: string): Record<string, unknown> | undefined {
  const value = isRecord(holder) ? holder[key] : undefined;
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
