import type { SpareWorker } from "./spare-worker.js";
import { type Newcomer, tenantOf } from "./waiting-line.js";

/** Whose a task is, and whether anybody waits for it. */
export interface Asked {
  readonly options: Pick<Newcomer, "tenant" | "caller"> & { readonly bulk?: boolean; readonly lasting?: boolean };
}

/** What there is to choose from. */
export interface AtWork<Job extends Asked, Worker> {
  /** Workers that could begin something now. */
  readonly free: readonly (Worker & { readonly isYielding: boolean })[];
  /** Those that do not hang. */
  readonly heard: readonly {
    readonly isYielding: boolean;
    readonly isReady: boolean;
    readonly current: { readonly work: Job } | undefined;
  }[];
  /** Tasks that wait, all and a tenant's. */
  readonly waiting: number;
  waitingOf(tenant: string): number;
  /** All that wait, in any order. */
  inLine(): readonly Job[];
}

/** A tenant with more than so many times what all others have under way is a crowd. */
const crowdTimes = 3;

/**
 * Who gives way to whom (A4, A6): while a tenant's people are at work, what nobody waits for in another, and a crowd of another's
 * prompts, go to workers that give way on their cores; of the workers that do not, more than half stay free of them. What lasts goes there always.
 */
export class GivingWay<Job extends Asked> {
  readonly #spare: Pick<SpareWorker, "isKeptFrom">;

  constructor(spare: Pick<SpareWorker, "isKeptFrom">) {
    this.#spare = spare;
  }

  /** Where a task may go now: the free workers that may have it, none when it has to wait, and whether it gives way there. */
  routeOf<Worker>(job: Job, at: AtWork<Job, Worker>): { workers: readonly Worker[]; givesWay: boolean } {
    const givesWay = this.#givesWay(job, at);
    return { workers: givesWay ? this.#freeForGiving(job, at) : this.#freeFor(job, at), givesWay };
  }

  /** Whether a task that is begun now, and gives way to none, may use all cores: what runs and waits gives way to it. */
  hasCoresAlone(at: AtWork<Job, unknown>): boolean {
    return (
      at.heard.every(({ current, isYielding }) => !current || (isYielding && this.#givesWay(current.work, at))) &&
      at.inLine().every((one) => this.#givesWay(one, at))
    );
  }

  #freeFor<Worker>(job: Job, at: AtWork<Job, Worker>): readonly Worker[] {
    // With nobody to give way to, bulk may have all there is.
    if (job.options.bulk) return at.free;
    const own = ownOf(at.free);
    return own.length > 1 || !this.#leavesLast(job, at) ? own : [];
  }

  #freeForGiving<Worker>(job: Job, { free, heard }: AtWork<Job, Worker>): readonly Worker[] {
    const own = ownOf(free);
    if (heard.some(({ isYielding, isReady }) => isYielding && isReady)) {
      const yielding = free.filter(({ isYielding }) => isYielding);
      if (yielding.length > 0) return yielding;
      return 2 * (own.length - 1) > ownOf(heard).length ? own : [];
    }
    if (own.length > 1) return own;
    const busy = heard.flatMap(({ current }) => current?.work ?? []);
    return busy.length > 0 && (job.options.bulk || isAllOf(busy, job)) ? [] : own;
  }

  #givesWay({ options }: Job, at: AtWork<Job, unknown>): boolean {
    if (options.lasting === true) return true;
    const tenant = tenantOf(options);
    return this.#spare.isKeptFrom(tenant) && (options.bulk === true || this.#isCrowd(tenant, at));
  }

  #isCrowd(tenant: string, { heard, waiting, waitingOf }: AtWork<Job, unknown>): boolean {
    const running = heard.flatMap(({ current }) => current?.work ?? []);
    const has = waitingOf(tenant) + running.filter(({ options }) => tenantOf(options) === tenant).length;
    const others = waiting + running.length - has;
    return has > ownOf(heard).length && has > crowdTimes * others;
  }

  /** Whether the last free worker is left to people of another tenant: by a tenant that has all the others. */
  #leavesLast(job: Job, { heard }: AtWork<Job, unknown>): boolean {
    if (!this.#spare.isKeptFrom(tenantOf(job.options))) return false;
    const own = ownOf(heard);
    const busy = own.flatMap(({ current }) => current?.work ?? []);
    // When one of them is done, it is looked at again.
    return busy.length > 0 && busy.length === own.length - 1 && isAllOf(busy, job);
  }
}

const ownOf = <Worker extends { readonly isYielding: boolean }>(workers: readonly Worker[]) =>
  workers.filter(({ isYielding }) => !isYielding);

const isAllOf = (works: readonly Asked[], { options }: Asked) =>
  works.every((work) => tenantOf(work.options) === tenantOf(options));
