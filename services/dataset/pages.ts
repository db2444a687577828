import { invalidArgument } from "../runtime/errors.js";

/** Where the next page begins: the order's values of the last row before it. */
export function pageToken(values: readonly (string | number | bigint)[]): string {
  return Buffer.from(JSON.stringify(values.map(String))).toString("base64url");
}

/** @returns undefined for the first page. @throws ServiceError INVALID_ARGUMENT for what `pageToken` has not made. */
export function readPageToken(token: string, form: readonly RegExp[]): string[] | undefined {
  if (token === "") return undefined;
  try {
    const values: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (Array.isArray(values) && values.length === form.length) {
      const texts = values.map(String);
      if (form.every((one, at) => one.test(texts[at] as string))) return texts;
    }
  } catch {
    // Told below.
  }
  throw invalidArgument("`page` is what `next_page` of the answer before was, and nothing else.");
}

/** Of 64 bits, as text. */
export const wholeNumber = /^\d{1,19}$/;
export const anyText = /^/;

/** @throws ServiceError INVALID_ARGUMENT over `most`. */
export function pageSize(asked: number, usual: number, most: number): number {
  if (asked > most) throw invalidArgument(`A page has at most ${most}; ${asked} were asked for.`);
  return asked === 0 ? usual : asked;
}

/** Of rows of which one more was read than a page has. */
export function cutPage<Row>(
  rows: readonly Row[],
  size: number,
  tokenOf: (last: Row) => string,
): { page: readonly Row[]; nextPage: string } {
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return { page, nextPage: rows.length > size && last !== undefined ? tokenOf(last) : "" };
}
