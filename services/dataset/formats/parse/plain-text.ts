/** What a database and JSON take: no NUL, whole characters, and at most so many UTF-16 units of them. */
export function plainText(text: string, most: number): string {
  const end = isHigh(text.charCodeAt(most - 1)) && text.length > most ? most - 1 : most;
  return text
    .slice(0, end)
    .replaceAll("\0", "")
    .replace(/\p{Cs}/gu, "\ufffd");
}

/** Whether a unit is the first of a character of two. */
const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
