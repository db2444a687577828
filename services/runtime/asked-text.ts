import { invalidArgument } from "./errors.js";

/** Of a person's words. */
const maxTextLength = 200;

/**
 * Somebody's words in compatible characters (NFKC), without space around them. Whatever is asked by words enters here.
 * @param field what the request calls them. @throws ServiceError INVALID_ARGUMENT: nothing at all, or too long.
 */
export function askedText(text: string, field = "text"): string {
  const tooLong = () => invalidArgument(`\`${field}\` has at most ${maxTextLength} characters.`);
  if (text.length > maxTextLength) throw tooLong();
  const asked = text.normalize("NFKC").trim();
  // One character may stand for many: U+FDFA for 18.
  if (asked.length > maxTextLength) throw tooLong();
  if (asked === "") throw invalidArgument(`\`${field}\` names nothing.`);
  return asked;
}
