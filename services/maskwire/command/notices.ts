import type { WriteStream } from "node:tty";

const clearLine = "\r\u001b[K";

/** What a person may want to know while a command works. On standard error: standard output carries the result only. */
export class Notices {
  readonly #stream: Pick<WriteStream, "write" | "isTTY">;
  #hasProgress = false;

  constructor(stream: Pick<WriteStream, "write" | "isTTY"> = process.stderr) {
    this.#stream = stream;
  }

  say(sentence: string): void {
    this.clear();
    this.#stream.write(`maskwire: ${sentence}\n`);
  }

  /** A line that the next one replaces; nothing where it could not be replaced. */
  progress(text: string): void {
    if (!this.#stream.isTTY) return;
    this.#stream.write(`${clearLine}${text}`);
    this.#hasProgress = true;
  }

  clear(): void {
    if (this.#hasProgress) this.#stream.write(clearLine);
    this.#hasProgress = false;
  }
}
