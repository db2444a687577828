import type { TokenBucket } from "../../services/runtime/limits/token-bucket.js";
import type { FrameForm } from "./frames.js";

/** So long without a pause to catch up: not somebody's haste, but a program that does not look at its answers. */
const tooFastMs = 60_000;

/** Reading a byte of text costs so many times what one of protobuf does, at least. */
const textPrice = 4;

/** Part of a token bucket. */
export type Pace = Pick<TokenBucket, "take" | "spend" | "isFull">;

export interface IntakeOptions {
  frames: Pace;
  bytes: Pace;
  /** Milliseconds of the main thread, of this session and of all that its caller has. Paid when the work is done. */
  work: readonly Pace[];
  deliver(data: Uint8Array, form: FrameForm): void;
  /** Stops and resumes reading from the connection; what was read before may still arrive. */
  pause(): void;
  resume(): void;
  /** Told once when a session begins to be slowed down, with how long it waits now. */
  onSlowed(waitMs: number): void;
  /** Told when it has been too fast for too long. */
  onTooFast(): void;
  now?: () => number;
}

interface Arrived {
  data: Uint8Array;
  form: FrameForm;
  /** Of what is to be paid beforehand, how much has been. */
  paid: number;
}

/**
 * What stands between a connection and its session: frames go through at the pace that the session may have, and a faster
 * sender is read later. Its frames then wait in its own connection and cost nobody anything; none of them is lost.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #now: () => number;
  /** In the order in which a frame pays them. */
  readonly #paces: readonly Pace[];
  readonly #held: Arrived[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Since when it has not been slow enough to catch up. */
  #slowedAt: number | undefined;
  #isClosed = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#paces = [options.frames, options.bytes, ...options.work];
    this.#now = options.now ?? (() => performance.now());
  }

  take(data: Uint8Array, form: FrameForm): void {
    if (this.#isClosed) return;
    this.#held.push({ data, form, paid: 0 });
    if (this.#timer !== undefined) return;
    if (this.#slowedAt !== undefined && this.#paces.every(({ isFull }) => isFull)) this.#slowedAt = undefined;
    this.#deliver();
  }

  /** What comes from now on is dropped. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#held.length = 0;
  }

  #deliver(): void {
    const { deliver, work } = this.#options;
    for (let next = this.#held[0]; next; next = this.#held[0]) {
      const waitMs = this.#pay(next);
      if (waitMs > 0) return this.#wait(waitMs);
      this.#held.shift();
      const begun = this.#now();
      deliver(next.data, next.form);
      const tookMs = this.#now() - begun;
      for (const bucket of work) bucket.spend(tookMs);
    }
  }

  /** @returns 0, or after how many milliseconds to try again. */
  #pay(frame: Arrived): number {
    const { frames, bytes } = this.#options;
    for (; frame.paid < this.#paces.length; frame.paid++) {
      const pace = this.#paces[frame.paid] as Pace;
      // Work is only asked whether what it took before is made good.
      const price = pace === frames ? 1 : pace === bytes ? priceOf(frame) : 0;
      const waitMs = pace.take(price);
      if (waitMs > 0) return waitMs;
    }
    return 0;
  }

  #wait(waitMs: number): void {
    const { pause, resume, onSlowed, onTooFast } = this.#options;
    const now = this.#now();
    if (this.#slowedAt === undefined) {
      this.#slowedAt = now;
      onSlowed(waitMs);
    } else if (now - this.#slowedAt > tooFastMs) {
      this.close();
      return onTooFast();
    }
    pause();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#deliver();
      if (this.#timer === undefined) resume();
    }, waitMs);
  }
}

function priceOf({ data, form }: Arrived): number {
  return form === "text" ? textPrice * data.byteLength : data.byteLength;
}
