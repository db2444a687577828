import { Lane } from "./lane.js";

interface LanesOptions<Job> {
  /** After so many urgent jobs in a row one of the others goes, if any waits; without it the urgent always go first. */
  patience?: number | undefined;
  /** Whose turn a job takes; without it all jobs are one caller's. */
  callerOf?: ((job: Job) => string) | undefined;
}

/**
 * Jobs in line: the urgent before the others, and in each lane the callers in turn. With `patience` the others are served now
 * and then although urgent ones wait, so that they are not starved.
 */
export class Lanes<Job> {
  readonly #urgent: Lane<Job>;
  readonly #others: Lane<Job>;
  readonly #patience: number;
  /** Urgent jobs taken since one of the others was, while one waited. */
  #passed = 0;

  constructor({ patience = Number.POSITIVE_INFINITY, callerOf = () => "" }: LanesOptions<Job> = {}) {
    this.#patience = patience;
    this.#urgent = new Lane(callerOf);
    this.#others = new Lane(callerOf);
  }

  get length(): number {
    return this.#urgent.length + this.#others.length;
  }

  /** How many wait that are not urgent. */
  get others(): number {
    return this.#others.length;
  }

  add(job: Job, isUrgent: boolean): void {
    (isUrgent ? this.#urgent : this.#others).add(job);
  }

  /** Who is next. */
  peek(): Job | undefined {
    return this.#nextLane().peek();
  }

  /** Takes who is next out of the line. */
  take(): Job | undefined {
    const lane = this.#nextLane();
    if (lane === this.#urgent && this.#others.length > 0) this.#passed++;
    else this.#passed = 0;
    return lane.take();
  }

  /** @returns false when the job does not wait. */
  remove(job: Job): boolean {
    return this.#urgent.remove(job) || this.#others.remove(job);
  }

  /** Moves a job that waits among the others to the end of the urgent ones. @returns false when it does not wait there. */
  hasten(job: Job): boolean {
    if (!this.#others.remove(job)) return false;
    this.#urgent.add(job);
    return true;
  }

  /**
   * The job that gives its place to a newcomer when the line is full: the newest of the caller with the most, which have to be
   * more than the newcomer's caller would have then; one that is not urgent where there is one. What is not urgent takes no
   * place of what is.
   */
  givesWayTo(caller: string, isUrgent: boolean): Job | undefined {
    const lanes = isUrgent ? [this.#others, this.#urgent] : [this.#others];
    const waitingOf = (one: string) => lanes.reduce((sum, lane) => sum + lane.waitingOf(one), 0);
    let most: string | undefined;
    let waiting = waitingOf(caller) + 1;
    for (const lane of lanes) {
      for (const one of lane.callers) {
        const has = waitingOf(one);
        if (has > waiting) [most, waiting] = [one, has];
      }
    }
    if (most === undefined) return undefined;
    return this.#others.newestOf(most) ?? this.#urgent.newestOf(most);
  }

  /** All that wait, in the order in which they would be taken if nobody came. */
  inOrder(): Job[] {
    const [urgent, others] = [this.#urgent.inOrder(), this.#others.inOrder()];
    const order: Job[] = [];
    let [nextUrgent, nextOther, passed] = [0, 0, this.#passed];
    while (order.length < this.length) {
      const hasUrgent = nextUrgent < urgent.length;
      const hasOther = nextOther < others.length;
      if (hasUrgent && !(hasOther && passed >= this.#patience)) {
        order.push(urgent[nextUrgent++] as Job);
        if (hasOther) passed++;
      } else {
        order.push(others[nextOther++] as Job);
        passed = 0;
      }
    }
    return order;
  }

  /** Empties the line. @returns all that waited. */
  clear(): Job[] {
    const all = this.inOrder();
    this.#urgent.clear();
    this.#others.clear();
    this.#passed = 0;
    return all;
  }

  #nextLane(): Lane<Job> {
    if (this.#urgent.length === 0) return this.#others;
    return this.#others.length > 0 && this.#passed >= this.#patience ? this.#others : this.#urgent;
  }
}
