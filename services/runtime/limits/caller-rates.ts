import { LRUCache } from "lru-cache";
import { TokenBucket, type TokenBucketOptions } from "./token-bucket.js";

/** Whoever is pushed out of the table by so many others has been quiet for as long as they took to come. */
const mostCallers = 10_000;

/** A token bucket for each caller. */
export class CallerRates {
  readonly #options: TokenBucketOptions;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: mostCallers });

  constructor(options: TokenBucketOptions) {
    this.#options = options;
  }

  of(caller: string): TokenBucket {
    const known = this.#buckets.get(caller);
    if (known) return known;
    const bucket = new TokenBucket(this.#options);
    this.#buckets.set(caller, bucket);
    return bucket;
  }
}
