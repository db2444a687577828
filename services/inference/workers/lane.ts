import { FairTurns } from "../../runtime/limits/fair-turns.js";
import { DeficitRound } from "./deficit-round.js";

/** What a line needs to know of a job. */
export interface JobFacts<Job> {
  /** Whose share it takes. */
  tenantOf(job: Job): string;
  /** Who of them asks. */
  callerOf(job: Job): string;
  /** About what it takes, beside other jobs here: above 0 and finite. */
  costOf(job: Job): number;
}

/** Jobs in one line: tenants share it by what their jobs cost, and the callers of one take turns. */
export class Lane<Job> {
  readonly #facts: JobFacts<Job>;
  /** Nobody is here without a job. */
  readonly #tenants = new Map<string, FairTurns<Job>>();
  #round = new DeficitRound<string>();
  #length = 0;

  constructor(facts: JobFacts<Job>) {
    this.#facts = facts;
  }

  get length(): number {
    return this.#length;
  }

  /** Tenants that have a job here. */
  get tenants(): Iterable<string> {
    return this.#tenants.keys();
  }

  /** Jobs of a tenant. */
  waitingOf(tenant: string): number {
    return this.#tenants.get(tenant)?.length ?? 0;
  }

  /** A tenant's callers and their jobs; undefined when it has none here. */
  turnsOf(tenant: string): Pick<FairTurns<Job>, "callers" | "waitingOf" | "newestOf"> | undefined {
    return this.#tenants.get(tenant);
  }

  add(job: Job): void {
    const tenant = this.#facts.tenantOf(job);
    const turns = this.#tenants.get(tenant) ?? this.#enter(tenant);
    turns.add(job);
    this.#length++;
  }

  peek(): Job | undefined {
    const tenant = this.#round.copy().next((one) => this.#costOfNext(one));
    return tenant === undefined ? undefined : this.#tenants.get(tenant)?.peek();
  }

  take(): Job | undefined {
    const tenant = this.#round.next((one) => this.#costOfNext(one));
    const turns = tenant === undefined ? undefined : this.#tenants.get(tenant);
    const job = turns?.take();
    if (tenant === undefined || !turns || job === undefined) return undefined;
    const next = turns.peek();
    this.#round.spend(this.#facts.costOf(job), next === undefined ? undefined : this.#facts.costOf(next));
    this.#length--;
    if (turns.length === 0) this.#tenants.delete(tenant);
    return job;
  }

  /** @returns false when the job is not here. */
  remove(job: Job): boolean {
    const tenant = this.#facts.tenantOf(job);
    const turns = this.#tenants.get(tenant);
    if (!turns?.remove(job)) return false;
    this.#length--;
    if (turns.length > 0) return true;
    this.#tenants.delete(tenant);
    this.#round.leave(tenant);
    return true;
  }

  /** All, in the order in which they would be taken if nobody came. */
  inOrder(): Job[] {
    const round = this.#round.copy();
    const waiting = new Map([...this.#tenants].map(([tenant, turns]) => [tenant, turns.inOrder().reverse()]));
    const order: Job[] = [];
    for (;;) {
      const tenant = round.next((one) => this.#facts.costOf(waiting.get(one)?.at(-1) as Job));
      if (tenant === undefined) return order;
      const jobs = waiting.get(tenant) as Job[];
      const job = jobs.pop() as Job;
      order.push(job);
      const next = jobs.at(-1);
      round.spend(this.#facts.costOf(job), next === undefined ? undefined : this.#facts.costOf(next));
    }
  }

  clear(): void {
    this.#tenants.clear();
    this.#round = new DeficitRound();
    this.#length = 0;
  }

  #costOfNext(tenant: string): number {
    return this.#facts.costOf(this.#tenants.get(tenant)?.peek() as Job);
  }

  #enter(tenant: string): FairTurns<Job> {
    const turns = new FairTurns<Job>(this.#facts.callerOf);
    this.#tenants.set(tenant, turns);
    this.#round.enter(tenant);
    return turns;
  }
}
