import { resolve } from "node:path";
import { usageError } from "./command-error.js";
import { numberedPath } from "./parse-values.js";

/** More candidates than any model has. */
const mostNumbers = 16;

/**
 * Two results in one file leave one of them, and a result in the photo's own file leaves no photo.
 * @param outputs the files by their options. @param areNumbered whether further masks go to files numbered from 2 on.
 * @throws CommandError (bad usage)
 */
export function checkOutputs(
  photo: string,
  outputs: Readonly<Record<string, string | undefined>>,
  { areNumbered = false } = {},
): void {
  const taken = new Map(photo === "-" ? [] : [[resolve(photo), "the photo"]]);
  for (const [option, path] of Object.entries(outputs)) {
    if (path === undefined) continue;
    for (const one of numbered(path, areNumbered)) {
      const other = taken.get(resolve(one));
      if (other !== undefined && other !== option) {
        throw usageError(`${option} would write over ${other}: ${one} cannot hold both.`);
      }
      taken.set(resolve(one), option);
    }
  }
}

const numbered = (path: string, areNumbered: boolean) =>
  Array.from({ length: areNumbered ? mostNumbers : 1 }, (_, index) => numberedPath(path, index));
