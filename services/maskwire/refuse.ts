/** Ends a command with its reason. @param format how it is written; a person reads a line that begins with the name. */
export function refuse(error: unknown, exitCode: number, format = (reason: string) => `maskwire: ${reason}\n`): void {
  process.stderr.write(format(reasonOf(error)));
  process.exitCode = exitCode;
}

/** One sentence for errors that are meant for a person, a stack for the others. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "EADDRINUSE") {
    const port = "port" in error ? ` ${error.port}` : "";
    return `the port${port} is in use; set MASKWIRE_PORT or MASKWIRE_ADMIN_PORT to another one.`;
  }
  const isKnown = /^(Settings|Manifest|ModelFile|Provider|Service|Command)Error$/.test(error.name);
  return isKnown ? error.message : (error.stack ?? error.message);
}
