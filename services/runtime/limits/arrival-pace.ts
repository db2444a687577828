import { Code, ServiceError } from "../errors.js";

export interface PaceLimits {
  /** Time for which a sender is waited for without enough of its bytes. */
  readonly silenceMs: number;
  /** Bytes a second that must come on average while they are waited for. */
  readonly leastBytesPerSecond: number;
}

/**
 * How long somebody's bytes are waited for: what moves goes on however long it takes in all, silence and trickles end. Only
 * the sender's time counts; while this side does not read, nothing is expected.
 */
export class ArrivalPace {
  readonly #silenceMs: number;
  readonly #leastBytes: number;
  readonly #onSlow: (error: ServiceError) => void;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param onSlow told once, from a timer. */
  constructor({ silenceMs, leastBytesPerSecond }: PaceLimits, onSlow: (error: ServiceError) => void) {
    this.#silenceMs = silenceMs;
    this.#leastBytes = (leastBytesPerSecond * silenceMs) / 1000;
    this.#onSlow = onSlow;
  }

  /** The sender's time begins, unless it runs already. */
  expect(): void {
    if (this.#timer || this.#isOver) return;
    this.#bytes = 0;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.rest();
      this.#onSlow(tooSlow(this.#silenceMs));
    }, this.#silenceMs);
  }

  arrived(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#leastBytes) return;
    this.#bytes = 0;
    this.#timer?.refresh();
  }

  /** Nothing is expected until `expect` is called again. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * What `work` reads of a sender that is expected to go on. @throws ServiceError DEADLINE_EXCEEDED when it does not; what `work`
 * throws, otherwise.
 */
export async function inTime<T>(limits: PaceLimits, work: (pace: ArrivalPace) => Promise<T>): Promise<T> {
  let stop: (error: ServiceError) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });
  const pace = new ArrivalPace(limits, stop);
  pace.expect();
  try {
    return await Promise.race([work(pace), stopped]);
  } finally {
    pace.rest();
  }
}

function tooSlow(silenceMs: number): ServiceError {
  const message = `The upload all but stopped for ${Math.round(silenceMs / 1000)} seconds; send it again on a better connection.`;
  return new ServiceError({ code: Code.DEADLINE_EXCEEDED, reason: "UPLOAD_TOO_SLOW", message });
}
