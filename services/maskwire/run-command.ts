import { CommanderError } from "commander";
import { errorAsJson } from "./command/describe-error.js";
import { createProgram } from "./command/program.js";
import { refuse } from "./refuse.js";

/**
 * Runs a command line to its end. Never throws: what went wrong is on standard error, in a line of JSON where the result would be JSON,
 * and in the process's exit code.
 * @param args without the program's name.
 */
export async function runCommand(args: readonly string[]): Promise<void> {
  try {
    await createProgram({ isJson: isJson(args) }).parseAsync(args, { from: "user" });
  } catch (error) {
    // Commander has printed its own errors, and help is not one.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else refuseCommand(args, error);
  }
}

export function refuseCommand(args: readonly string[], error: unknown): void {
  refuse(error, isJson(args) ? errorAsJson : undefined);
}

/** Asked of the arguments as they are: what is wrong with them is told in this form too. */
const isJson = (args: readonly string[]) => args.includes("--json");
