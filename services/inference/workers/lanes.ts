import { type JobFacts, Lane } from "./lane.js";

/** Without `callerOf` all jobs are one caller's, without `tenantOf` each caller is its own tenant, without `costOf` all cost 1. */
interface LanesOptions<Job> extends Partial<JobFacts<Job>> {
  /** After so many urgent jobs in a row one of the others goes, if any waits; without it the urgent always go first. */
  patience?: number | undefined;
}

/**
 * Jobs in line: the urgent before the others, and in each lane tenants by what they cost and their callers in turn. With
 * `patience` the others are served now and then although urgent ones wait, so that they are not starved.
 */
export class Lanes<Job> {
  readonly #urgent: Lane<Job>;
  readonly #others: Lane<Job>;
  readonly #patience: number;
  /** Urgent jobs taken since one of the others was, while one waited. */
  #passed = 0;

  constructor(options: LanesOptions<Job> = {}) {
    const { patience = Number.POSITIVE_INFINITY, callerOf = () => "", tenantOf = callerOf, costOf = () => 1 } = options;
    this.#patience = patience;
    this.#urgent = new Lane({ tenantOf, callerOf, costOf });
    this.#others = new Lane({ tenantOf, callerOf, costOf });
  }

  get length(): number {
    return this.#urgent.length + this.#others.length;
  }

  /** How many wait that are not urgent. */
  get others(): number {
    return this.#others.length;
  }

  /** How many of a tenant's wait. */
  waitingOf(tenant: string): number {
    return this.#urgent.waitingOf(tenant) + this.#others.waitingOf(tenant);
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
   * The job that gives its place to a newcomer when the line is full: of the tenant with the most, which have to be more than
   * the newcomer's would have then, the newest of its caller with the most; otherwise, in the newcomer's own tenant, the newest of
   * a caller who has more than the newcomer would have. One that is not urgent where there is one. What is not urgent takes no
   * place of what is.
   */
  givesWayTo({ tenant, caller }: { tenant: string; caller: string }, isUrgent: boolean): Job | undefined {
    const lanes = isUrgent ? [this.#others, this.#urgent] : [this.#others];
    const ofTenant = (one: string) => sum(lanes, (lane) => lane.waitingOf(one));
    const most = whoHasMost(
      lanes.flatMap((lane) => [...lane.tenants]),
      ofTenant,
      ofTenant(tenant) + 1,
    );
    const from = most ?? tenant;
    const turns = lanes.flatMap((lane) => lane.turnsOf(from) ?? []);
    const ofCaller = (one: string) => sum(turns, (turn) => turn.waitingOf(one));
    const who = whoHasMost(
      turns.flatMap(({ callers }) => [...callers]),
      ofCaller,
      most === undefined ? ofCaller(caller) + 1 : 0,
    );
    if (who === undefined) return undefined;
    return turns.map((one) => one.newestOf(who)).find((job) => job !== undefined);
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

function sum<T>(all: readonly T[], numberOf: (one: T) => number): number {
  return all.reduce((total, one) => total + numberOf(one), 0);
}

/** The first of those who have most; undefined when nobody has more than `least`. */
function whoHasMost(all: readonly string[], numberOf: (one: string) => number, least: number): string | undefined {
  let most: string | undefined;
  let has = least;
  for (const one of all) {
    const number = numberOf(one);
    if (number > has) [most, has] = [one, number];
  }
  return most;
}
