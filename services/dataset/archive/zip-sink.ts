import { once } from "node:events";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { ZipFile } from "yazl";
import { plainName } from "../formats/pictures/plain-name.js";
import type { Sink } from "../formats/types.js";

/** Are small already. */
const packed = /\.(jpe?g|png|webp|gif|avif|hei[cf]|jxl|zip)$/i;

/** A zip archive as it is made: whoever reads {@link ZipSink.chunks} sets the pace. */
class ZipSink implements Sink {
  readonly #zip = new ZipFile();
  readonly #given = new AbortController();
  readonly #madeAt: Date;

  /** @param madeAt that all of its files are of. */
  constructor(madeAt: Date) {
    this.#madeAt = madeAt;
    const output = this.#output;
    this.#zip.on("error", (error: Error) => output.destroy(error));
    // Whoever read it has gone, or it has failed: nobody waits for room in vain.
    output.once("close", () => this.#given.abort(output.errored ?? new Error("Nobody reads the archive any more.")));
    // It is told by `chunks` and by each write.
    output.on("error", () => {});
  }

  /** To be read once, beside the writing. */
  get chunks(): AsyncIterable<Uint8Array> {
    return this.#output;
  }

  async write(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const { signal } = this.#given;
    signal.throwIfAborted();
    const input = Readable.from(content, { objectMode: false });
    const name = plainName(path);
    this.#zip.addReadStream(input, name, { compress: !packed.test(name), mtime: this.#madeAt });
    try {
      await finished(input, { signal });
    } catch (error) {
      input.destroy();
      throw signal.aborted ? signal.reason : error;
    }
  }

  async finish(): Promise<void> {
    const { signal } = this.#given;
    signal.throwIfAborted();
    const ended = once(this.#output, "end", { signal });
    this.#zip.end();
    await ended;
  }

  /** What is read of it fails, instead of looking whole. */
  fail(error: Error): void {
    this.#output.destroy(error);
  }

  get #output(): Readable {
    return this.#zip.outputStream as Readable;
  }
}

/**
 * Has an archive written and read at the same time, and both ended when one of them fails.
 * @throws what failed first.
 */
export async function zipped<Written>(
  madeAt: Date,
  write: (sink: Sink) => Promise<Written>,
  read: (chunks: AsyncIterable<Uint8Array>) => Promise<unknown>,
): Promise<Written> {
  const sink = new ZipSink(madeAt);
  let failure: unknown;
  const writing = (async () => {
    const written = await write(sink);
    await sink.finish();
    return written;
  })().catch((error: unknown) => {
    failure ??= error;
    sink.fail(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const reading = read(sink.chunks).catch((error: unknown) => {
    failure ??= error;
    sink.fail(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const [written] = await Promise.allSettled([writing, reading]);
  if (failure !== undefined) throw failure;
  return (written as PromiseFulfilledResult<Written>).value;
}
