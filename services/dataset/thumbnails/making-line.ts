import { overloaded } from "../../runtime/errors.js";
import { type Holder, Shares } from "../../runtime/limits/shares.js";
import { TurnLine } from "../../runtime/limits/turn-line.js";

/** Who waits to have a thumbnail made: so many are at once, tenants take turns, and none of them takes all places. */
export class MakingLine {
  readonly #line: TurnLine;
  readonly #shares: Shares;

  constructor({ atOnce, mostWaiting }: { atOnce: number; mostWaiting: number }) {
    this.#line = new TurnLine(atOnce);
    this.#shares = new Shares(mostWaiting);
  }

  /**
   * Does the work when it is its turn.
   * @param signal takes it out of the line; what has begun goes on. @throws ServiceError RESOURCE_EXHAUSTED when too many wait; the
   *   signal's reason; what the work throws.
   */
  async enter<T>(who: Holder, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#shares.refusal(who)) throw overloaded("Too many thumbnails are waited for; try again.", 1000);
    const leave = this.#shares.take(who);
    const end = await this.#line.enter(who, signal).finally(leave);
    try {
      return await work();
    } finally {
      end();
    }
  }
}
