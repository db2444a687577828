import type { Readable } from "node:stream";

/** Messages that may wait for their reader before the peer is held back, beside what the stream itself buffers. */
const mostWaiting = 4;

const done = { done: true, value: undefined } as const;

interface MessagesOptions {
  /** Why the stream is over, once it is; undefined when all is well. @param ended it was read to its end. */
  failure(ended: boolean): Error | undefined;
  /** Why a message cannot be handed over: the reader gets that instead, and no more. */
  faultOf?(message: unknown): Error | undefined;
  /** The reader wants no more. */
  onLeave?(): void;
}

/**
 * A call's messages as they come, for one reader. One queue between the stream's events and the reader: a message that is
 * waited for is there in the turn in which it arrives, where a stream's own iterator takes several. Nothing is read from
 * the peer before the first is asked for.
 */
export class Messages<T> implements AsyncIterableIterator<T> {
  readonly #call: Readable;
  readonly #options: MessagesOptions;
  readonly #queue: T[] = [];
  readonly #readers: { resolve: (result: IteratorResult<T>) => void; reject: (error: Error) => void }[] = [];
  #state: "unread" | "flowing" | "paused" | "left" = "unread";
  #end: { error: Error | undefined } | undefined;

  constructor(call: Readable, options: MessagesOptions) {
    this.#call = call;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#queue.length > 0) {
      const value = this.#queue.shift() as T;
      if (this.#queue.length === 0 && this.#state === "paused") this.#flow();
      return Promise.resolve({ done: false, value });
    }
    if (this.#end) {
      const { error } = this.#end;
      // Told once, as by a generator.
      this.#end.error = undefined;
      return error ? Promise.reject(error) : Promise.resolve(done);
    }
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      if (this.#state === "unread") this.#begin();
    });
  }

  return(): Promise<IteratorResult<T>> {
    const isOver = this.#end !== undefined;
    this.#queue.length = 0;
    this.#finish(undefined);
    if (!isOver) this.#options.onLeave?.();
    return Promise.resolve(done);
  }

  #begin(): void {
    const call = this.#call;
    call.on("data", this.#take);
    call.once("end", () => this.#finish(this.#options.failure(true)));
    call.once("close", () => this.#finish(this.#options.failure(false)));
    this.#state = "flowing";
    // Of a stream that was closed before it was read no event comes any more.
    if (call.closed || call.readableEnded) this.#finish(this.#options.failure(call.readableEnded));
  }

  #flow(): void {
    this.#state = "flowing";
    this.#call.resume();
  }

  readonly #take = (message: T): void => {
    const fault = this.#options.faultOf?.(message);
    if (fault) {
      this.#finish(fault);
      return;
    }
    const reader = this.#readers.shift();
    if (reader) {
      reader.resolve({ done: false, value: message });
      return;
    }
    this.#queue.push(message);
    if (this.#queue.length >= mostWaiting) {
      this.#state = "paused";
      this.#call.pause();
    }
  };

  #finish(error: Error | undefined): void {
    if (this.#end) return;
    this.#state = "left";
    this.#call.off("data", this.#take);
    this.#end = { error };
    for (const { resolve, reject } of this.#readers.splice(0)) {
      if (this.#end.error) reject(this.#end.error);
      else resolve(done);
      this.#end.error = undefined;
    }
  }
}
