import { CommanderError } from "commander";
import { SettingsError } from "../runtime/settings.js";
import { CommandError } from "./command/command-error.js";
import { createProgram } from "./command/program.js";
import { refuse } from "./refuse.js";

// npm runs scripts in the package's folder; the paths of a command line are those of the folder it was typed in.
const typedIn = process.env.npm_lifecycle_event === "maskwire" ? process.env.INIT_CWD : undefined;
if (typedIn) process.chdir(typedIn);

try {
  await createProgram().parseAsync();
} catch (error) {
  // Commander has printed its own errors, and help is not one.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof CommandError) refuse(error, error.exitCode);
  else refuse(error, error instanceof SettingsError ? 78 : 1);
}
