import { isOperational } from "../runtime/operational-error.js";

const forPeople = (reason: string) => `maskwire: ${reason}\n`;

/** Ends a process with its reason, and with the exit code that goes with it. @param format how the reason is written. */
export function refuse(error: unknown, format: (reason: string, exitCode: number) => string = forPeople): void {
  const exitCode = isOperational(error) ? error.exitCode : 1;
  process.stderr.write(format(reasonOf(error), exitCode));
  process.exitCode = exitCode;
}

/** One sentence for errors that somebody can act on, a stack for the others. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "EADDRINUSE") {
    const port = "port" in error ? ` ${error.port}` : "";
    return `the port${port} is in use; set MASKWIRE_PORT or MASKWIRE_ADMIN_PORT to another one.`;
  }
  return isOperational(error) ? error.message : (error.stack ?? error.message);
}
