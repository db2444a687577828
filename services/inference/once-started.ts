import { Code, ServiceError } from "../runtime/errors.js";

/** For a model to be loaded, which takes seconds. */
const retryAfterMs = 500;

/** What a tier has from its start on. Its services are there before, and say so meanwhile. */
export class OnceStarted<T> {
  readonly #tier: string;
  #value: T | undefined;

  /** @param tier its name, for people. */
  constructor(tier: string) {
    this.#tier = tier;
  }

  set(value: T): void {
    this.#value = value;
  }

  /** undefined before the start. */
  get now(): T | undefined {
    return this.#value;
  }

  /** @throws ServiceError UNAVAILABLE with a retry hint before the start. */
  get(): T {
    if (this.#value !== undefined) return this.#value;
    throw new ServiceError({ code: Code.UNAVAILABLE, message: `The ${this.#tier} is starting.`, retryAfterMs });
  }
}
