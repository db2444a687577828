import { watchOutput } from "../runtime/watch-output.js";
import { CommandError } from "./command/command-error.js";
import { refuseCommand, runCommand } from "./run-command.js";

// npm runs scripts in the package's folder; the paths of a command line are those of the folder it was typed in.
const typedIn = process.env.npm_lifecycle_event === "maskwire" ? process.env.INIT_CWD : undefined;
if (typedIn) process.chdir(typedIn);

const args = process.argv.slice(2);
watchOutput((reason) => refuseCommand(args, new CommandError(reason)));
await runCommand(args);
