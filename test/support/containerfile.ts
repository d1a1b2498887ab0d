// Builds a Containerfile on this machine, step by step, where no container engine runs. Folders of the image are folders of
// this machine, given as build arguments; users and volumes are noted and not made.
import { execFile } from "node:child_process";
import { cpSync, globSync, mkdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

/** What a container of the image would be started with. */
export interface BuiltImage {
  readonly base: string;
  readonly workFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly volumes: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

interface BuildOptions {
  /** Text of the Containerfile. */
  readonly text: string;
  /** Folder that COPY copies from. */
  readonly context: string;
  readonly buildArguments: Readonly<Record<string, string>>;
  /** Environment of RUN, beside what the file sets. */
  readonly env: Readonly<Record<string, string>>;
}

/** @throws Error for an instruction that it does not know, and when a step fails. */
export async function buildContainerfile(options: BuildOptions): Promise<BuiltImage> {
  const given: Record<string, string> = {};
  const env: Record<string, string> = {};
  const image = {
    base: "",
    workFolder: "",
    user: undefined as string | undefined,
    volumes: [] as string[],
    entrypoint: [] as string[],
    command: [] as string[],
  };
  const expand = (text: string): string =>
    text.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => env[name] ?? given[name] ?? "");
  for (const line of readInstructions(options.text)) {
    const [, instruction = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
    switch (instruction) {
      case "FROM":
        image.base = rest;
        break;
      case "ARG": {
        const [name = "", fallback = ""] = rest.split("=");
        given[name] = options.buildArguments[name] ?? expand(fallback);
        break;
      }
      case "ENV":
        for (const [, name = "", value = ""] of rest.matchAll(/(\w+)=(\S+)/g)) {
          env[name] = expand(value);
        }
        break;
      case "WORKDIR":
        image.workFolder = expand(rest);
        mkdirSync(image.workFolder, { recursive: true });
        break;
      case "COPY":
        copy(options.context, image.workFolder, expand(rest).split(/\s+/));
        break;
      case "RUN":
        await promisify(execFile)("/bin/sh", ["-c", rest], {
          cwd: image.workFolder,
          env: { ...options.env, ...given, ...env },
        });
        break;
      case "USER":
        image.user = expand(rest);
        break;
      case "VOLUME":
        image.volumes.push(expand(rest));
        break;
      case "ENTRYPOINT":
        image.entrypoint = parseWords(rest);
        break;
      case "CMD":
        image.command = parseWords(rest);
        break;
      default:
        throw new Error(`not an instruction that is built here: ${line}`);
    }
  }
  return { ...image, env };
}

/** Lines without comments; one that ends with a backslash goes on in the next. */
function readInstructions(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function copy(context: string, workFolder: string, words: readonly string[]): void {
  const sources = words.slice(0, -1).flatMap((pattern) => globSync(pattern, { cwd: context }));
  if (sources.length !== 1) throw new Error(`COPY ${words.join(" ")}: ${sources.length} files`);
  cpSync(path.join(context, sources[0] ?? ""), path.resolve(workFolder, words.at(-1) ?? ""));
}

/** The form of a JSON list, which needs no shell. */
function parseWords(text: string): string[] {
  const words: unknown = JSON.parse(text);
  if (!Array.isArray(words)) throw new TypeError(`expected a JSON list: ${text}`);
  return words.map(String);
}
