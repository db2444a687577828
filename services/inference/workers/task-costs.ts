import { TaskTime } from "./task-time.js";

/** A kind counts as at most so many times the mean, or that part of it: one odd measurement must not starve anybody. */
const mostTimes = 8;

/** What tasks of a kind take beside the mean of all: 1 for a kind that was never measured. */
export class TaskCosts {
  readonly #kinds = new Map<string, TaskTime>();
  readonly #all = new TaskTime();

  /** @param mostMs see `TaskTime.measured`. */
  measured(kind: string, ranMs: number, mostMs: number): void {
    const time = this.#kinds.get(kind) ?? new TaskTime();
    this.#kinds.set(kind, time);
    time.measured(ranMs, mostMs);
    this.#all.measured(ranMs, mostMs);
  }

  /** Milliseconds of one of that kind; undefined before the first. */
  msOf(kind: string): number | undefined {
    return this.#kinds.get(kind)?.ms;
  }

  of(kind: string): number {
    const ms = this.msOf(kind);
    if (!ms || this.#all.ms === 0) return 1;
    return Math.min(mostTimes, Math.max(1 / mostTimes, ms / this.#all.ms));
  }
}
