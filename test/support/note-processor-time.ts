import { afterAll } from "vitest";
import { processorTime, workedSince } from "../run/processor-time.js";

/*
 * A set-up file of every suite: what a file and the processes that it started have worked goes to the reporter. Waiting is
 * cheap where files run beside each other, and a busy machine makes all of them slow: only this tells which file to mend.
 */

declare module "vitest" {
  interface TaskMeta {
    /** In seconds; of a file. */
    processorSeconds?: number | undefined;
  }
}

const before = processorTime();

// Vitest wants the first parameter taken apart. Registered before the file's own, it looks after the file's last hook.
// biome-ignore lint/correctness/noEmptyPattern: there is nothing in it that is wanted.
afterAll(({}, { file }) => {
  file.meta.processorSeconds = workedSince(before);
});
