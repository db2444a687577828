const width = 30;

/** How far something is, for a line that is written over. Ten lines: a library would bring cursors, colours and a clock of its own. */
export function progressBar(share: number): string {
  const full = Math.round(share * width);
  return `[${"#".repeat(full)}${".".repeat(width - full)}] ${Math.floor(100 * share)} %`;
}
