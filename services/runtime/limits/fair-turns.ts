/** Jobs of several callers, or tenants, who take turns; the jobs of each go in the order in which they came. */
export class FairTurns<Job> {
  readonly #callerOf: (job: Job) => string;
  /** Who is next comes first; nobody is here without a job. */
  readonly #turns = new Map<string, Job[]>();
  #length = 0;

  constructor(callerOf: (job: Job) => string) {
    this.#callerOf = callerOf;
  }

  get length(): number {
    return this.#length;
  }

  /** Callers that have a job here. */
  get callers(): Iterable<string> {
    return this.#turns.keys();
  }

  waitingOf(caller: string): number {
    return this.#turns.get(caller)?.length ?? 0;
  }

  newestOf(caller: string): Job | undefined {
    return this.#turns.get(caller)?.at(-1);
  }

  add(job: Job): void {
    const caller = this.#callerOf(job);
    const jobs = this.#turns.get(caller);
    if (jobs) jobs.push(job);
    else this.#turns.set(caller, [job]);
    this.#length++;
  }

  peek(): Job | undefined {
    for (const [job] of this.#turns.values()) return job;
    return undefined;
  }

  take(): Job | undefined {
    for (const [caller, jobs] of this.#turns) {
      const job = jobs.shift();
      this.#length--;
      // Behind everybody else.
      this.#turns.delete(caller);
      if (jobs.length > 0) this.#turns.set(caller, jobs);
      return job;
    }
    return undefined;
  }

  /** @returns false when the job is not here. */
  remove(job: Job): boolean {
    const caller = this.#callerOf(job);
    const jobs = this.#turns.get(caller);
    const at = jobs?.indexOf(job) ?? -1;
    if (!jobs || at < 0) return false;
    jobs.splice(at, 1);
    this.#length--;
    if (jobs.length === 0) this.#turns.delete(caller);
    return true;
  }

  /** All, in the order in which they would be taken if nobody came. */
  inOrder(): Job[] {
    const order: Job[] = [];
    for (let round = 0; order.length < this.#length; round++) {
      for (const jobs of this.#turns.values()) {
        const job = jobs[round];
        if (job !== undefined) order.push(job);
      }
    }
    return order;
  }
}
