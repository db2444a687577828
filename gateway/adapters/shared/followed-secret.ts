import { followFiles } from "../../../services/runtime/follow-files.js";
import type { Logger } from "../../../services/runtime/logger.js";

/** A secret in a file, read again when that changes. */
export class FollowedSecret {
  #value: string;
  readonly #file: { close(): void };

  /** @param file as it was read at the start. @param what it is, in the log. */
  constructor(file: { path: string; content: string }, what: string, logger: Pick<Logger, "info" | "error">) {
    const { path } = file;
    this.#value = file.content;
    this.#file = followFiles([path], {
      take: ([text]) => {
        const value = text?.trimEnd();
        if (!value) throw new Error("it is empty or gone");
        this.#value = value;
        logger.info({ path }, `${what} has changed`);
      },
      refused: (why) => logger.error({ path, why }, `the file of ${what} cannot be used; it stays as it was`),
    });
  }

  get value(): string {
    return this.#value;
  }

  close(): void {
    this.#file.close();
  }
}
