/** Urgent jobs that may go before one of the others that waits. */
export interface LanesOptions {
  /** After so many urgent jobs in a row one of the others goes, if any waits; without it the urgent always go first. */
  patience?: number | undefined;
}

/**
 * Jobs in line: the urgent before the others, each in the order in which they came. With `patience` the others are served
 * now and then although urgent ones wait, so that they are not starved.
 */
export class Lanes<Job> {
  readonly #urgent: Job[] = [];
  readonly #others: Job[] = [];
  readonly #patience: number;
  /** Urgent jobs taken since one of the others was, while one waited. */
  #passed = 0;

  constructor({ patience = Number.POSITIVE_INFINITY }: LanesOptions = {}) {
    this.#patience = patience;
  }

  get length(): number {
    return this.#urgent.length + this.#others.length;
  }

  /** How many wait that are not urgent. */
  get others(): number {
    return this.#others.length;
  }

  add(job: Job, isUrgent: boolean): void {
    (isUrgent ? this.#urgent : this.#others).push(job);
  }

  /** Who is next. */
  peek(): Job | undefined {
    return this.#nextLane()[0];
  }

  /** Takes who is next out of the line. */
  take(): Job | undefined {
    const lane = this.#nextLane();
    if (lane === this.#urgent && this.#others.length > 0) this.#passed++;
    else this.#passed = 0;
    return lane.shift();
  }

  /** @returns false when the job does not wait. */
  remove(job: Job): boolean {
    for (const lane of [this.#urgent, this.#others]) {
      const at = lane.indexOf(job);
      if (at < 0) continue;
      lane.splice(at, 1);
      return true;
    }
    return false;
  }

  /** Moves a job that waits among the others to the end of the urgent ones. @returns false when it does not wait there. */
  hasten(job: Job): boolean {
    const at = this.#others.indexOf(job);
    if (at < 0) return false;
    this.#others.splice(at, 1);
    this.#urgent.push(job);
    return true;
  }

  /** All that wait, in the order in which they would be taken if nobody came. */
  inOrder(): Job[] {
    const order: Job[] = [];
    let [urgent, others, passed] = [0, 0, this.#passed];
    while (order.length < this.length) {
      const hasUrgent = urgent < this.#urgent.length;
      const hasOther = others < this.#others.length;
      if (hasUrgent && !(hasOther && passed >= this.#patience)) {
        order.push(this.#urgent[urgent++] as Job);
        if (hasOther) passed++;
      } else {
        order.push(this.#others[others++] as Job);
        passed = 0;
      }
    }
    return order;
  }

  /** Empties the line. @returns all that waited. */
  clear(): Job[] {
    const all = this.inOrder();
    this.#urgent.length = 0;
    this.#others.length = 0;
    this.#passed = 0;
    return all;
  }

  #nextLane(): Job[] {
    if (this.#urgent.length === 0) return this.#others;
    return this.#others.length > 0 && this.#passed >= this.#patience ? this.#others : this.#urgent;
  }
}
