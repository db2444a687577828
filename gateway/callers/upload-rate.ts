import { overloaded } from "../../services/runtime/errors.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { CallerRates } from "../../services/runtime/limits/caller-rates.js";
import type { TokenBucketOptions } from "../../services/runtime/limits/token-bucket.js";

/** One upload's part of its caller's rate. */
export interface RatedUpload {
  /** So many more bytes of it have come. */
  arrived(bytes: number): void;
  /** What was announced and did not come counts for nothing. */
  end(): void;
}

/** Bytes that each caller may upload a second (H19). */
export class UploadRate {
  readonly #rates: CallerRates;
  readonly #metrics: Pick<Metrics, "limitHit">;

  constructor({ metrics, ...rate }: TokenBucketOptions & { metrics: Pick<Metrics, "limitHit"> }) {
    this.#rates = new CallerRates(rate);
    this.#metrics = metrics;
  }

  /**
   * @param announcedBytes 0 where nothing is; the next upload waits for what comes then.
   * @throws ServiceError RESOURCE_EXHAUSTED, which says when the caller's rate allows it.
   */
  begin(caller: string, announcedBytes: number): RatedUpload {
    const bucket = this.#rates.of(caller);
    const waitMs = bucket.take(announcedBytes);
    if (waitMs > 0) {
      this.#metrics.limitHit("uploads_rate");
      const seconds = Math.ceil(waitMs / 1000);
      throw overloaded(`You have uploaded a lot in a short time; try again in ${seconds} s.`, waitMs);
    }
    let paid = announcedBytes;
    let came = 0;
    return {
      arrived: (bytes) => {
        came += bytes;
        if (came <= paid) return;
        bucket.spend(came - paid);
        paid = came;
      },
      end: () => {
        bucket.spend(came - paid);
        paid = came;
      },
    };
  }
}
