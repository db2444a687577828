import type { Clock } from "./clock.js";

export interface Job {
  /** Goes before those that wait and are not. */
  readonly urgent: boolean;
  /** How long a server takes; asked once, when it begins. @param wasFree the server had nothing to do before. */
  serviceMs(server: number, wasFree: boolean): number;
  /** A free server that is such is preferred. */
  prefers?(server: number): boolean;
  onDone(): void;
}

interface StationOptions {
  readonly servers: number;
  /** Jobs that may wait; unbounded when left out. */
  readonly maxQueue?: number;
}

/** Servers behind one queue, first come first served, urgent ones first. */
export class Station {
  readonly #clock: Clock;
  readonly #maxQueue: number;
  readonly #isBusy: boolean[];
  readonly #urgent: Line = { jobs: [], head: 0 };
  readonly #others: Line = { jobs: [], head: 0 };
  #busy = 0;
  #busyMs = 0;
  #countedAtMs = 0;

  constructor(clock: Clock, { servers, maxQueue = Number.POSITIVE_INFINITY }: StationOptions) {
    this.#clock = clock;
    this.#maxQueue = maxQueue;
    this.#isBusy = Array.from({ length: servers }, () => false);
  }

  get waiting(): number {
    return lengthOf(this.#urgent) + lengthOf(this.#others);
  }

  /** Server-milliseconds of work so far. */
  get busyMs(): number {
    this.#count();
    return this.#busyMs;
  }

  /** @returns false when too many wait already. */
  offer(job: Job): boolean {
    if (this.#busy < this.#isBusy.length) {
      this.#begin(job, true);
      return true;
    }
    if (this.waiting >= this.#maxQueue) return false;
    (job.urgent ? this.#urgent : this.#others).jobs.push(job);
    return true;
  }

  /** Takes a job that is not urgent out of the line. @returns false when it does not wait there. */
  withdraw(job: Job): boolean {
    const { jobs, head } = this.#others;
    const at = jobs.indexOf(job, head);
    if (at < 0) return false;
    jobs.splice(at, 1);
    return true;
  }

  #begin(job: Job, wasFree: boolean): void {
    const server = this.#freeServer(job);
    this.#count();
    this.#isBusy[server] = true;
    this.#busy++;
    this.#clock.after(job.serviceMs(server, wasFree), () => {
      this.#count();
      this.#isBusy[server] = false;
      this.#busy--;
      const next = shift(this.#urgent) ?? shift(this.#others);
      if (next) this.#begin(next, false);
      job.onDone();
    });
  }

  #freeServer(job: Job): number {
    const preferred = job.prefers && this.#isBusy.findIndex((busy, server) => !busy && job.prefers?.(server));
    return preferred !== undefined && preferred >= 0 ? preferred : this.#isBusy.indexOf(false);
  }

  #count(): void {
    this.#busyMs += this.#busy * (this.#clock.nowMs - this.#countedAtMs);
    this.#countedAtMs = this.#clock.nowMs;
  }
}

/** A queue whose front moves, so that taking from it costs the same however long it is. */
interface Line {
  jobs: (Job | undefined)[];
  head: number;
}

const lengthOf = ({ jobs, head }: Line) => jobs.length - head;

function shift(line: Line): Job | undefined {
  const job = line.jobs[line.head];
  if (!job) return undefined;
  line.jobs[line.head++] = undefined;
  if (line.head > 1024 && 2 * line.head > line.jobs.length) {
    line.jobs = line.jobs.slice(line.head);
    line.head = 0;
  }
  return job;
}
