import { runCommand } from "../../services/maskwire/run-command.js";

/** How a command ended, and what it said. */
interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let isUnderWay = false;

/**
 * `maskwire ARGS` in this process, whose folder, variables and streams are the command's until it ends: to start a program for each takes
 * a hundred times as long, and what a process of its own adds (pipes, signals, a full disk) is asked by few.
 * @param env MASKWIRE_ variables; no others of that name are there.
 */
export async function commandLine(
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): Promise<CommandEnd> {
  if (isUnderWay) throw new Error("one command at a time: they share the process's streams");
  isUnderWay = true;
  const before = { env: { ...process.env }, cwd: process.cwd(), exitCode: process.exitCode };
  const said = { stdout: "", stderr: "" };
  const restore = (["stdout", "stderr"] as const).map((name) =>
    keep(name, (text) => {
      said[name] += text;
    }),
  );
  try {
    for (const name of Object.keys(process.env)) if (name.startsWith("MASKWIRE_")) delete process.env[name];
    Object.assign(process.env, env);
    process.chdir(cwd);
    process.exitCode = 0;
    await runCommand(args);
    return { code: Number(process.exitCode), ...said };
  } finally {
    for (const one of restore) one();
    process.chdir(before.cwd);
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before.env);
    process.exitCode = before.exitCode;
    isUnderWay = false;
  }
}

/** @returns what gives the stream back. */
function keep(name: "stdout" | "stderr", take: (text: string) => void): () => void {
  const stream = process[name];
  const { write } = stream;
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    take(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    const done = rest.find((one) => typeof one === "function") as (() => void) | undefined;
    if (done) setImmediate(done);
    return true;
  }) as typeof stream.write;
  return () => {
    stream.write = write;
  };
}
