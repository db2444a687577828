type Output = Pick<NodeJS.WriteStream, "on">;

/**
 * Ends a command's output without a stack: a reader that has enough (`| head`) is no error, and output that cannot be written
 * is told in a sentence. Notices that nobody can read stop nothing.
 * @param tell hears the sentence; the exit status becomes 1.
 */
export function watchOutput(
  tell: (sentence: string) => void,
  { stdout, stderr }: { stdout: Output; stderr: Output } = process,
): void {
  let isTold = false;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || isTold) return;
    isTold = true;
    process.exitCode = 1;
    tell(`The result cannot be written: ${error.code === "ENOSPC" ? "the disk is full" : error.message}.`);
  });
  stderr.on("error", () => {});
}
