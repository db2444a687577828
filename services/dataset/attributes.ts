import { invalidArgument } from "../runtime/errors.js";

const mostNames = 100;
const longestName = 100;
const longestValue = 4000;

export type Attributes = Readonly<Record<string, string>>;

/** @throws ServiceError INVALID_ARGUMENT. */
export function checkAttributes(attributes: Attributes): void {
  const all = Object.entries(attributes);
  if (all.length > mostNames) throw invalidArgument(`There are at most ${mostNames} attributes.`);
  for (const [name, value] of all) {
    if (name.trim() === "" || name.length > longestName || name.includes("\0")) {
      throw invalidArgument(`An attribute's name has 1 to ${longestName} characters; "${name.slice(0, 40)}" has not.`);
    }
    if (value.length > longestValue || value.includes("\0")) {
      throw invalidArgument(`The attribute "${name}" has at most ${longestValue} characters.`);
    }
  }
}

/** What is named is set, an empty value removes. @throws ServiceError INVALID_ARGUMENT when that makes too many. */
export function mergeAttributes(before: Attributes, change: Attributes): Attributes {
  const merged = Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== ""));
  checkAttributes(merged);
  return merged;
}
