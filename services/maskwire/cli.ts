import { CommanderError } from "commander";
import { watchOutput } from "../runtime/watch-output.js";
import { CommandError } from "./command/command-error.js";
import { errorAsJson } from "./command/describe-error.js";
import { createProgram } from "./command/program.js";
import { refuse } from "./refuse.js";

// npm runs scripts in the package's folder; the paths of a command line are those of the folder it was typed in.
const typedIn = process.env.npm_lifecycle_event === "maskwire" ? process.env.INIT_CWD : undefined;
if (typedIn) process.chdir(typedIn);

// Asked of the arguments as they are: what is wrong with them is told in this form too.
const isJson = process.argv.includes("--json");

const end = (error: unknown) => refuse(error, isJson ? errorAsJson : undefined);

watchOutput((reason) => end(new CommandError(reason)));

try {
  await createProgram({ isJson }).parseAsync();
} catch (error) {
  // Commander has printed its own errors, and help is not one.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else end(error);
}
