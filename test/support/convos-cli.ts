import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { HarnessError } from "channel-testing";
import * as z from "zod";
import { type EncryptedFile, ServedConversation } from "./convos-cli-serve.ts";

const COMMAND_TIMEOUT_MS = 60_000;
const LAUNCHER = fileURLToPath(new URL("../bin/run.js", import.meta.resolve("@xmtp/convos-cli")));

const CreatedSchema = z.object({
  conversationId: z.string(),
  inboxId: z.string(),
  invite: z.object({ url: z.string(), slug: z.string(), tag: z.string() }),
});
const InviteSchema = z.object({ url: z.string(), slug: z.string(), tag: z.string() });
const JoinedSchema = z.object({
  status: z.enum(["joined", "request_sent", "timeout"]),
  conversationId: z.string().optional(),
  inboxId: z.string(),
});
const ProcessedSchema = z.object({ processed: z.number() });
const SentSchema = z.object({ messageId: z.string() });
const MessagesSchema = z.array(
  z.object({
    id: z.string(),
    senderInboxId: z.string(),
    contentType: z.object({ typeId: z.string() }),
    content: z.unknown(),
  }),
);
const InfoSchema = z.object({
  conversation: z.object({ isActive: z.boolean(), name: z.string().optional() }),
  members: z.array(z.object({ inboxId: z.string() })),
});
const EncryptedSchema = z.object({
  encryptedFile: z.string(),
  filename: z.string(),
  contentDigest: z.string(),
  secret: z.string(),
  salt: z.string(),
  nonce: z.string(),
  contentLength: z.number(),
});
const DownloadedSchema = z.object({ outputPath: z.string(), mimeType: z.string() });

export type CliMessage = z.infer<typeof MessagesSchema>[number];

/**
 * The unmodified Convos CLI in the role of a phone: one install with one identity, in a folder of its own. It needs the
 * node of {@link startConvosCliNode}. Each command is a process that costs a second of CPU; {@link serve} is one process
 * for many steps. Do not run commands beside `serve` in one install: they would open its database a second time.
 */
export class ConvosCli {
  /** CONVOS_HOME; holds the identity and the database. */
  readonly home: string;

  /** @param home - Made when it is missing. Remove it when the test is over. */
  constructor(home: string) {
    this.home = home;
    mkdirSync(home, { recursive: true, mode: 0o700 });
  }

  async create(options: { name?: string; profileName?: string } = {}) {
    const { name, profileName } = options;
    return this.#run(CreatedSchema, [
      "conversations",
      "create",
      ...(name === undefined ? [] : ["--name", name]),
      ...(profileName === undefined ? [] : ["--profile-name", profileName]),
    ]);
  }

  async invite(conversationId: string, options: { isSingleUse?: boolean } = {}) {
    const single = options.isSingleUse === true ? ["--single-use"] : [];
    return this.#run(InviteSchema, ["conversation", "invite", conversationId, ...single]);
  }

  /** Asks for admission and, unless `waitS` is 0, waits for it. The CLI looks every two seconds. */
  async join(invite: string, options: { profileName?: string; waitS?: number } = {}) {
    const { profileName, waitS = 50 } = options;
    return this.#run(JoinedSchema, [
      "conversations",
      "join",
      invite,
      ...(waitS === 0 ? ["--no-wait"] : ["--timeout", String(waitS)]),
      ...(profileName === undefined ? [] : ["--profile-name", profileName]),
    ]);
  }

  /** Fetches what happened meanwhile; a conversation that this install was let into is known from then on. */
  async sync(): Promise<void> {
    await this.#run(z.unknown(), ["conversations", "sync"]);
  }

  /** Admits who has asked. @returns how many. */
  async processJoinRequests(): Promise<number> {
    const command = ["conversations", "process-join-requests"];
    return (await this.#run(ProcessedSchema, command)).processed;
  }

  /** @returns the id of the message. */
  async sendText(conversationId: string, text: string): Promise<string> {
    const command = ["conversation", "send-text", conversationId, text];
    return (await this.#run(SentSchema, command)).messageId;
  }

  /** Encrypts a file beside itself, for {@link ServedConversation.sendFile}. */
  async encrypt(file: string): Promise<EncryptedFile> {
    // The command wants a conversation, and does not look at it.
    const command = ["conversation", "send-attachment", "none", file, "--encrypt"];
    return this.#run(EncryptedSchema, command);
  }

  async downloadAttachment(conversationId: string, messageId: string, output: string) {
    const command = ["conversation", "download-attachment", conversationId, messageId];
    return this.#run(DownloadedSchema, [...command, "--sync", "--output", output]);
  }

  async removeMember(conversationId: string, inboxId: string): Promise<void> {
    await this.#run(z.unknown(), ["conversation", "remove-members", conversationId, inboxId]);
  }

  /** What the conversation holds after a sync, oldest first; own messages and changes of the group as well. */
  async messages(conversationId: string): Promise<CliMessage[]> {
    const command = ["conversation", "messages", conversationId, "--sync"];
    return this.#run(MessagesSchema, [...command, "--direction", "ascending"]);
  }

  async info(conversationId: string): Promise<z.infer<typeof InfoSchema>> {
    return this.#run(InfoSchema, ["conversation", "info", conversationId]);
  }

  /**
   * Stays in one conversation as `convos agent serve` does: admits who asks, and shows messages as they come. Resolves
   * when it listens.
   *
   * @param conversationId - Default a new one.
   */
  async serve(
    conversationId?: string,
    options: { name?: string; profileName?: string } = {},
  ): Promise<ServedConversation> {
    const { name, profileName } = options;
    const args = [
      "agent",
      "serve",
      ...(conversationId === undefined ? [] : [conversationId]),
      ...(name === undefined ? [] : ["--name", name]),
      ...(profileName === undefined ? [] : ["--profile-name", profileName]),
    ];
    return ServedConversation.start(LAUNCHER, args, this.#env());
  }

  async #run<T>(schema: z.ZodType<T>, command: readonly string[]): Promise<T> {
    const child = spawn(process.execPath, [LAUNCHER, ...command, "--json"], {
      cwd: this.home,
      env: this.#env(),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: COMMAND_TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.once("error", reject).once("close", resolve);
    const code = await promise;
    if (code === 0) return schema.parse(parseOutput(stdout));
    const what = `convos ${command.slice(0, 2).join(" ")}`;
    throw new HarnessError("command_failed", `${what}: exit code ${code}\n${stdout}\n${stderr}`);
  }

  #env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      CONVOS_HOME: this.home,
      CONVOS_ENV: "local",
      HOME: this.home,
      // It would ask a registry otherwise.
      CONVOS_SKIP_NEW_VERSION_CHECK: "1",
      NODE_COMPILE_CACHE: path.join(tmpdir(), "convos-cli-compile-cache"),
      NO_COLOR: "1",
    };
  }
}

/** The JSON in a command's output; lines of its log may stand before it. */
function parseOutput(stdout: string): unknown {
  const start = /^[[{]/m.exec(stdout)?.index ?? 0;
  return JSON.parse(stdout.slice(start));
}
