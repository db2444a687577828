/** Ends a command with its reason: one sentence for errors that are meant for a person, a stack for the others. */
export function refuse(error: unknown, exitCode: number): void {
  const known =
    error instanceof Error && /^(Settings|Manifest|ModelFile|Provider|Service|Command)Error$/.test(error.name);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    const port = error && typeof error === "object" && "port" in error ? ` ${error.port}` : "";
    process.stderr.write(
      `maskwire: the port${port} is in use; set MASKWIRE_PORT or MASKWIRE_ADMIN_PORT to another one.\n`,
    );
  } else {
    process.stderr.write(
      `maskwire: ${known ? (error as Error).message : ((error as Error)?.stack ?? String(error))}\n`,
    );
  }
  process.exitCode = exitCode;
}
