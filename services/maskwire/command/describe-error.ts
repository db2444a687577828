/** What `--json` prints on standard error in place of a sentence: one line. */
export function errorAsJson(message: string, exitCode: number): string {
  return `${JSON.stringify({ error: { message, exitCode } })}\n`;
}
