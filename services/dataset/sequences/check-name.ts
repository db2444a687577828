import { invalidArgument } from "../../runtime/errors.js";

const longestName = 200;

/** @param what "A sequence", "A track". @throws ServiceError INVALID_ARGUMENT unless it is one line that can be read. */
export function checkName(name: string, what: string): void {
  if (name.trim() === "") throw invalidArgument(`${what} needs a name.`);
  if ([...name].length > longestName) throw invalidArgument(`${what}'s name has at most ${longestName} characters.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(name)) throw invalidArgument(`${what}'s name is one line.`);
}
