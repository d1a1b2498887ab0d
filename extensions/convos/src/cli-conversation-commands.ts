// The commands of `openclaw convos` that are about conversations. Their rooms are loaded when one runs.
import { shared, type Command, type RunCommand } from "channel-kit/cli";
import type { CliOptions } from "channel-kit/terminal";
import type { ResolvedConvosAccount } from "./accounts.ts";

const openConversations = () => import("./cli-conversations.ts");
const openInvites = () => import("./cli-invite.ts");

const WHICH = "[conversation]";
const WHICH_HELP = "Its id, or the first characters of it; default: the only one";

/** Adds them below `openclaw convos`. */
export function addConversationCommands(
  convos: Command,
  run: RunCommand<ResolvedConvosAccount>,
): void {
  shared(
    convos.command("conversations"),
    "The conversations that the agent is in, and pending joins",
  ).action((options: CliOptions) =>
    run(options, async (context) => (await openConversations()).showConversations(context)),
  );

  shared(convos.command("members"), "Who is in a conversation, with the inbox ids for allowlists")
    .argument(WHICH, WHICH_HELP)
    .action((wanted: string | undefined, options: CliOptions) =>
      run(options, async (context) => (await openConversations()).showMembers(context, wanted)),
    );

  shared(convos.command("create"), "Make a conversation, to invite people to")
    .option("--name <name>", "What its members see")
    .action((options: CliOptions & { name?: string }) =>
      run(options, async (context) => (await openConversations()).create(context, options)),
    );

  const invite = shared(
    convos.command("invite"),
    "Link and code by which people come into a conversation that the agent made",
  )
    .option("--conversation <id>", WHICH_HELP)
    .option("--expires <time>", "30m, 24h, 7d or never; default 24h")
    .option("--single-use", "Let one person in only");
  invite.action((options: CliOptions & { conversation?: string; expires?: string }) =>
    run(options, async (context) => (await openInvites()).invite(context, options)),
  );
  shared(invite.command("revoke"), "End every invite to a conversation")
    .argument(WHICH, WHICH_HELP)
    .action((wanted: string | undefined, _options: CliOptions, command: Command) =>
      run(command.optsWithGlobals(), async (context) =>
        (await openInvites()).revokeInvites(context, wanted),
      ),
    );

  shared(convos.command("leave"), "Leave a conversation, or all of them")
    .argument(WHICH, WHICH_HELP)
    .option("--all", "Every conversation, after a typed confirmation")
    .action((wanted: string | undefined, options: CliOptions & { all?: boolean }) =>
      run(options, async (context) =>
        (await import("./cli-leave.ts")).leave(context, wanted, options),
      ),
    );

  for (const isLocked of [true, false]) {
    shared(
      convos.command(isLocked ? "lock" : "unlock"),
      isLocked ? "Let nobody into a conversation any more" : "Take a lock off a conversation",
    )
      .argument(WHICH, WHICH_HELP)
      .action((wanted: string | undefined, options: CliOptions) =>
        run(options, async (context) =>
          (await openConversations()).setLocked(context, wanted, isLocked),
        ),
      );
  }

  for (const isQuiet of [true, false]) {
    shared(
      convos.command(isQuiet ? "quiet" : "unquiet"),
      isQuiet ? "Hear nobody in a conversation" : "Hear a quiet conversation again",
    )
      .argument(WHICH, WHICH_HELP)
      .action((wanted: string | undefined, options: CliOptions) =>
        run(options, async (context) =>
          (await openConversations()).quiet(context, wanted, isQuiet),
        ),
      );
  }

  shared(
    convos.command("explode"),
    "End a conversation for everybody, after a typed confirmation, and delete it here",
  )
    .argument(WHICH, WHICH_HELP)
    .option("--in <time>", "Not now but in 30m, 24h or 7d")
    .action((wanted: string | undefined, options: CliOptions & { in?: string }) =>
      run(options, async (context) =>
        (await openConversations()).explode(context, wanted, options),
      ),
    );

  shared(convos.command("profile"), "Change how people see the agent and its conversations")
    .option("--name <name>", "The agent's new name, at most 50 characters")
    .option("--emoji <emoji>", "What stands for a conversation that the agent made")
    .option("--conversation <id>", "In one conversation only")
    .action((options: CliOptions & { name?: string; emoji?: string; conversation?: string }) =>
      run(options, async (context) =>
        (await import("./cli-profile.ts")).changeProfile(context, options),
      ),
    );
}
