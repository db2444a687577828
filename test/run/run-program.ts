import { spawn } from "node:child_process";
import { once } from "node:events";
import { projectRoot } from "../../services/runtime/project-root.js";

/** Where what a program says goes, piece by piece; to this process's own streams when left out. */
export type Tell = ((text: string) => void) | undefined;

/** Runs a program of the project to its end. @returns what it ended with, in words; undefined when all is well. */
export async function runProgram(program: string, args: readonly string[], tell: Tell): Promise<string | undefined> {
  const child = spawn(program, args, {
    cwd: projectRoot,
    stdio: tell ? ["ignore", "pipe", "pipe"] : "inherit",
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => tell?.(text));
  const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return status === 0 ? undefined : `ended with ${signal ?? `status ${status}`}`;
}
