import { setImmediate } from "node:timers/promises";
import { afterAll, expect } from "vitest";
import { unexpected } from "./warnings.js";

/*
 * A set-up file of every suite: a warning of Node's is a fault, most often listeners that are never taken away. Its hook is
 * registered before the file's own, so that it looks after the file's last one.
 */

const warnings: string[] = [];

process.on("warning", note);

afterAll(async () => {
  // What was caused in the last step is told in a later turn of the event loop.
  await setImmediate();
  process.removeListener("warning", note);
  expect(warnings, "warnings of Node's while the file ran").toEqual([]);
});

function note(warning: Error): void {
  const text = unexpected(warning);
  if (text) warnings.push(text);
}
