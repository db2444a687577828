import { ServiceError } from "../../runtime/errors.js";
import { CommandError } from "./command-error.js";

/** Why a file beside the result was not made. The result is told all the same: it took long, and nothing is wrong with it. */
export class FileProblems {
  readonly #sentences = new Set<string>();

  /** What `make` returns; undefined when it failed for a reason that a person can act on. */
  async keep<T>(what: string, make: () => Promise<T>): Promise<T | undefined> {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof ServiceError || error instanceof CommandError)) throw error;
      this.#sentences.add(`the ${what} was not written: ${error.message}`);
      return undefined;
    }
  }

  /** @throws CommandError when a file was not made. */
  check(): void {
    if (this.#sentences.size > 0) throw new CommandError([...this.#sentences].join("\nmaskwire: "));
  }
}
