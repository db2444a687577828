import { invalidArgument } from "../../runtime/errors.js";

/** Bytes: names are looked up in an index, whose rows have no room for more. */
const longestName = 1000;
const longestSplit = 100;

/** @throws ServiceError INVALID_ARGUMENT unless it is a relative path that leads nowhere else. */
export function checkPictureName(name: string): void {
  if (name === "") throw invalidArgument("A picture needs a name.");
  if (Buffer.byteLength(name) > longestName) {
    throw invalidArgument(`A picture's name has at most ${longestName} bytes in UTF-8.`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const isPath = !/[\x00-\x1f\x7f\\]/.test(name) && name.split("/").every((part) => !["", ".", ".."].includes(part));
  if (isPath) return;
  throw invalidArgument(
    `A picture's name is a relative path with "/", such as street/0001.jpg; "${name.slice(0, 80)}" is not.`,
  );
}

/** @throws ServiceError INVALID_ARGUMENT. */
export function checkSplit(split: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (split.length <= longestSplit && !/[\x00-\x1f\x7f]/.test(split)) return;
  throw invalidArgument(`A split is one word or line of at most ${longestSplit} characters, such as train.`);
}
