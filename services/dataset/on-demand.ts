import { Code, ServiceError } from "../runtime/errors.js";

/** Something that is opened when it is asked for first, and once; where that fails, whoever asks next has it tried again. */
export class OnDemand<T extends AsyncDisposable> {
  readonly #open: () => Promise<T>;
  #opening: Promise<T> | undefined;
  #now: T | undefined;
  #closing: Promise<void> | undefined;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** undefined while it is not open. */
  get now(): T | undefined {
    return this.#now;
  }

  /** @throws what opening it throws; ServiceError UNAVAILABLE once it is closed. */
  get(): Promise<T> {
    if (this.#closing) {
      const message = "The service is stopping.";
      return Promise.reject(new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 1000 }));
    }
    this.#opening ??= this.#begin();
    return this.#opening;
  }

  /** What is being opened is closed as soon as it is open. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    this.#now = undefined;
    await opened?.[Symbol.asyncDispose]();
  }

  async #begin(): Promise<T> {
    try {
      const opened = await this.#open();
      this.#now = opened;
      return opened;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}
