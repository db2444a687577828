import { ByteBudget } from "../../services/runtime/limits/byte-budget.js";
import { type Holder, Shares } from "../../services/runtime/limits/shares.js";

/** Of all that is kept of videos, what one may have. */
const videoShare = 1 / 4;

/** What one video may keep, and keeps. */
export interface KeptBytes {
  /** What it may keep now. */
  readonly maxBytes: number;
  keep(bytes: number): void;
  release(): void;
}

/** Bytes of the videos that are open at this gateway: ids of their frames, and masks. */
export class VideoBytes {
  readonly budget: ByteBudget;
  readonly #shares: Shares;

  constructor(limitBytes: number, retryAfterMs: number) {
    const refusal = "Too much is kept of all videos together.";
    this.budget = new ByteBudget({ name: "videos", limitBytes, refusal, retryAfterMs });
    this.#shares = new Shares(limitBytes);
  }

  of(who: Holder): KeptBytes {
    const { budget } = this;
    const shares = this.#shares;
    const held = budget.hold(0);
    let leave = shares.take(who, 0);
    return {
      get maxBytes() {
        const free = shares.refusal(who) === undefined ? budget.limitBytes - budget.usedBytes : 0;
        return Math.min(budget.limitBytes * videoShare, held.bytes + free);
      },
      keep: (bytes) => {
        // What is over is forgotten with the next frame.
        held.resize(Math.min(bytes, held.bytes + budget.limitBytes - budget.usedBytes));
        leave();
        leave = shares.take(who, held.bytes);
      },
      release: () => {
        held.release();
        leave();
      },
    };
  }
}
