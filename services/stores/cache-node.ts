import pLimit from "p-limit";
import { CacheError } from "./cache-error.js";
import type { CacheLink } from "./cache-link.js";
import { type BreakerState, CircuitBreaker } from "./circuit-breaker.js";
import { redisClient } from "./redis-client.js";

/** Unanswered commands in a row after which no more are sent. */
const failuresToOpen = 3;

/** Between pings, which find a silent loss that no command has met yet. */
const heartbeatMs = 2000;

/** Between tries to reach a node that is not connected: doubles from the first to the second. */
const retryMs = { first: 10, last: 1000 };

/** A node that has not answered for this long may have been replaced by another. */
const reviewMs = 1000;

/** Bytes on their way to one server: more would only fill the memory behind one that hangs. A larger value goes alone. */
const maxBytes = 256 * 1024 * 1024;

/**
 * Values that are read from one server at a time. All at once, the answers to those behind the first would be late by the
 * bytes of those before, and a server that works would look like one that hangs; and a server that holds many megabytes of
 * answers ready hands them out several times as slowly.
 */
const readsAtOnce = 4;

/** Reads that may wait for their turn. */
const maxReadsWaiting = 1024;

/** Errors of a server that is there but serves nothing: no better than one that is not. */
const servesNothing = /^(LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|NOAUTH|WRONGPASS|NOPERM|MISCONF|MOVED|TRYAGAIN)\b/;

/** One node of the shared cache behind its circuit breaker: gives up in time, and finds out when the node is back. */
export class CacheNode {
  readonly name: string;
  readonly #link: CacheLink;
  readonly #timeoutMs: number;
  readonly #breaker: CircuitBreaker;
  readonly #underWay = new Set<(error: CacheError) => void>();
  readonly #reads = pLimit(readsAtOnce);
  #bytesUnderWay = 0;
  #isClosed = false;
  #lastError: unknown;
  #endPause = () => {};

  /** @param onChange hears of every change of `state`. */
  constructor(name: string, link: CacheLink, timeoutMs: number, onChange: (node: CacheNode) => void) {
    this.name = name;
    this.#link = link;
    this.#timeoutMs = timeoutMs;
    this.#breaker = new CircuitBreaker(failuresToOpen, (state) => {
      if (state === "open") this.#giveUpAll(this.#unavailable());
      onChange(this);
    });
    void this.#watch();
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  /** Why it is not there; undefined while nothing but its absence is known. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /**
   * Sends unless the node is known not to answer, or too much is on its way to it.
   * @param bytes that `send` keeps until it is answered or aborted.
   * @throws CacheError at the latest when the time is over, or when others have found that the node does not answer.
   */
  async run<T>(send: (signal: AbortSignal) => Promise<T>, bytes = 0): Promise<T> {
    if (this.#isClosed) throw closed();
    if (this.#breaker.state !== "closed") throw this.#unavailable();
    if (this.#bytesUnderWay > 0 && this.#bytesUnderWay + bytes > maxBytes) {
      throw this.#behind(`${Math.ceil(this.#bytesUnderWay / 1024 ** 2)} MiB are on their way to it`);
    }
    const stop = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    let giveUp: (error: CacheError) => void = () => {};
    const given = new Promise<never>((_, reject) => {
      giveUp = (error) => {
        reject(error);
        // What has not left yet need not leave any more.
        stop.abort();
      };
      const message = `the cache at ${this.name} did not answer within ${this.#timeoutMs} ms`;
      timer = setTimeout(() => giveUp(new CacheError("timeout", message)), this.#timeoutMs);
    });
    this.#underWay.add(giveUp);
    this.#bytesUnderWay += bytes;
    try {
      const answer = await Promise.race([send(stop.signal), given]);
      this.#breaker.succeeded();
      return answer;
    } catch (error) {
      throw this.#failed(error);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(giveUp);
      this.#bytesUnderWay -= bytes;
    }
  }

  /**
   * As `run`, for an answer that may be large. Its time begins with its turn, and the line ends at once when the node is
   * found not to answer.
   */
  read<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const waiting = this.#reads.pendingCount;
    if (waiting >= maxReadsWaiting) return Promise.reject(this.#behind(`${waiting} reads wait for it`));
    return this.#reads(() => this.run(send));
  }

  /** Its connection is lost or cannot be made. */
  lost(error: unknown): void {
    this.#lastError = error;
    this.#breaker.trip();
    // A breaker that is open already has nothing to tell, but what was sent while it was not is lost all the same.
    this.#giveUpAll(this.#unavailable());
  }

  close(): void {
    this.#isClosed = true;
    this.#giveUpAll(closed());
    this.#endPause();
  }

  #failed(error: unknown): CacheError {
    if (error instanceof CacheError && error.kind !== "timeout") return error;
    if (!(error instanceof redisClient().ClientOfflineError)) this.#lastError = error;
    if (error instanceof redisClient().ErrorReply && !servesNothing.test(error.message)) this.#breaker.succeeded();
    else this.#breaker.failed();
    if (error instanceof CacheError) return error;
    return new CacheError("refused", error instanceof Error ? error.message : String(error), { cause: error });
  }

  #giveUpAll(error: CacheError): void {
    for (const giveUp of this.#underWay) giveUp(error);
    this.#endPause();
  }

  /** For as long as the node is ours: pings now and then while it answers, and until it answers while it does not. */
  async #watch(): Promise<void> {
    while (!this.#isClosed) {
      if (this.#breaker.state !== "closed") await this.#recover();
      await this.#pause(heartbeatMs);
      if (!this.#isClosed && this.#breaker.state === "closed") {
        await this.run(() => this.#link.ping(this.name)).catch(() => {});
      }
    }
  }

  /** One ping at a time, however long it takes: a server that hung answers it when it goes on. */
  async #recover(): Promise<void> {
    const reviews = setInterval(() => this.#link.review(this.name), reviewMs);
    try {
      for (let waitMs = retryMs.first; !this.#isClosed; waitMs = Math.min(2 * waitMs, retryMs.last)) {
        this.#breaker.probing();
        if (await this.#answersPing()) return this.#breaker.restore();
        this.#breaker.trip();
        await this.#pause(waitMs);
      }
    } finally {
      clearInterval(reviews);
    }
  }

  async #answersPing(): Promise<boolean> {
    try {
      await this.#link.ping(this.name);
      return !this.#isClosed;
    } catch (error) {
      // Why it is offline was told before, by the link.
      if (!(error instanceof redisClient().ClientOfflineError)) this.#lastError = error;
      return false;
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #behind(by: string): CacheError {
    return new CacheError("unavailable", `the cache at ${this.name} is behind: ${by}`);
  }

  #unavailable(): CacheError {
    return new CacheError("unavailable", `the cache at ${this.name} does not answer`, { cause: this.#lastError });
  }
}

function closed(): CacheError {
  return new CacheError("closed", "the connection to the cache is closed");
}
