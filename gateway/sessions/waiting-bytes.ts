import type { SegmentRequest } from "../../proto/index.js";
import { overloaded } from "../../services/runtime/errors.js";
import { ByteBudget } from "../../services/runtime/limits/byte-budget.js";
import { type Holder, Shares } from "../../services/runtime/limits/shares.js";

/** Of all that may wait, what one session may have. */
const sessionShare = 1 / 4;

/** Beside its bytes: the request, its promise and timers. */
const requestBytes = 2048;
/** Measured: a point of 14 bytes on the wire is an object of 120 in the heap. */
const pointBytes = 120;

/** What a prompt takes while it waits. @param frameBytes of the frame that brought it, which its fields may still point into. */
export function weightOf({ prompt }: SegmentRequest, frameBytes: number): number {
  const source = prompt?.mask?.source;
  const steps = source?.case === "previous" ? source.value.steps : [];
  const points = steps.reduce((sum, step) => sum + 1 + (step.prompt?.points.length ?? 0), prompt?.points.length ?? 0);
  return requestBytes + frameBytes + points * pointBytes;
}

interface WaitingBytesOptions {
  limitBytes: number;
  retryAfterMs: number;
  /** Told of a refusal that is about a session's or a caller's part, not about all. */
  onShare?: () => void;
}

/** Bytes of the prompts that wait in all sessions of this gateway. */
export class WaitingBytes {
  readonly budget: ByteBudget;
  readonly #options: WaitingBytesOptions;
  readonly #shares: Shares;

  constructor(options: WaitingBytesOptions) {
    const { limitBytes, retryAfterMs } = options;
    const refusal = "Too much is waiting in all sessions together; try again shortly.";
    this.budget = new ByteBudget({ name: "waiting", limitBytes, refusal, retryAfterMs });
    this.#shares = new Shares(limitBytes);
    this.#options = options;
  }

  /** The part of one session. */
  of(who: Holder): SessionBytes {
    let own = 0;
    return {
      hold: (bytes) => {
        if (own + bytes > this.budget.limitBytes * sessionShare) throw this.#tooMuch("in this session");
        if (this.#shares.refusal(who, bytes) === "share") throw this.#tooMuch("of yours");
        const held = this.budget.hold(bytes);
        const leave = this.#shares.take(who, bytes);
        own += bytes;
        return () => {
          own -= held.bytes;
          held.release();
          leave();
        };
      },
    };
  }

  #tooMuch(where: string) {
    this.#options.onShare?.();
    const message = `The prompts that wait ${where} are too large together; send the next when one is answered.`;
    return overloaded(message, this.#options.retryAfterMs);
  }
}

export interface SessionBytes {
  /** @returns gives them back; safe to call twice. @throws ServiceError RESOURCE_EXHAUSTED with a retry hint. */
  hold(bytes: number): () => void;
}
