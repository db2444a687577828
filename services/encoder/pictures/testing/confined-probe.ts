import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";

/*
 * Started as a picture process is, with the port of somebody who listens on the loopback: says what it could do.
 */

function tries(work: () => unknown): string {
  try {
    work();
    return "done";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

const reached = await new Promise<string>((resolve) => {
  const socket = connect(Number(process.argv[2]), "127.0.0.1");
  socket.on("connect", () => resolve("done"));
  socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
});
process.stdout.write(
  JSON.stringify({
    own: tries(() => readFileSync(new URL(import.meta.url))),
    file: tries(() => readFileSync("/etc/passwd")),
    write: tries(() => writeFileSync("/tmp/maskwire-probe", "")),
    child: tries(() => {
      const { error } = spawnSync("/bin/true");
      if (error) throw error;
    }),
    thread: tries(() => new Worker("0", { eval: true })),
    network: reached,
    variables: Object.keys(process.env),
  }),
);
process.exit();
