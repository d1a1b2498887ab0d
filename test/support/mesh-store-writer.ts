/**
 * A process that does nothing but store messages, to be killed: `node mesh-store-writer.ts FILE FIRST`. Each line on its
 * output is the number of a message that it was told is on the disk.
 */
import { createGroupCommit } from "../../packages/mesh-sdk/src/store/group-commit.ts";
import { openMeshStore } from "../../packages/mesh-sdk/src/store/mesh-store.ts";
import { KEEP_ALL, numberedMessage } from "./mesh-numbered-message.ts";

/** Messages on their way at a time: so many share commits. */
const WRITERS = 64;

const [file = "", first = "0"] = process.argv.slice(2);
const store = openMeshStore({ path: file, limits: KEEP_ALL });
const commit = createGroupCommit(store);
let next = Number(first);

await Promise.all(
  Array.from({ length: WRITERS }, async () => {
    for (;;) {
      const number = next;
      next += 1;
      await commit.add(numberedMessage(number));
      // A pipe is written to at once: what is not said when the process dies was not said.
      process.stdout.write(`${number}\n`);
    }
  }),
);
