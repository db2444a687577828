import { OperationalError } from "../../runtime/operational-error.js";

/** What a command ends with when it cannot do what it was asked: one sentence for the person at the terminal. */
export class CommandError extends OperationalError {
  override readonly name = "CommandError";
  /** 2 when the command line itself is wrong, 1 when the work failed. */
  override readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** The command line is wrong: repeating it cannot help. */
export function usageError(message: string): CommandError {
  return new CommandError(message, 2);
}
