import type { ServiceError } from "../../runtime/errors.js";
import { Lanes } from "./lanes.js";

/** Whose a piece of work is, and whether people wait for it. */
export interface Newcomer {
  urgent: boolean;
  /** Callers take turns. Those that are not named are one. */
  caller?: string | undefined;
  /** Tenants share what there is; a caller of none is one by itself. */
  tenant?: string | undefined;
}

/** What waits. */
export interface InLine extends Newcomer {
  /** About what it takes, beside others in this line: above 0, and at most some dozens; 1 when left out. */
  cost?: number | undefined;
  /** It has lost its place to somebody who had fewer. */
  reject: (error: ServiceError) => void;
  /** Told its place, 1 is next, whenever anything in the line has changed. */
  onPlace?: ((place: number) => void) | undefined;
}

/** Who shares with whom. No tenant's name has a slash, and no caller's key. */
export const tenantOf = ({ tenant, caller = "" }: Pick<Newcomer, "tenant" | "caller">) => tenant ?? `/${caller}`;
const callerOf = ({ caller = "" }: Pick<Newcomer, "caller">) => caller;
const costOf = ({ cost = 1 }: Pick<InLine, "cost">) => cost;
const placeOf = (newcomer: Newcomer) => ({ tenant: tenantOf(newcomer), caller: callerOf(newcomer) });

/**
 * Work in line: the urgent first, tenants by what they cost, their callers in turn (see `Lanes`). Each hears of its
 * place; when there is no room, one of those who have most gives way to a newcomer who has fewer.
 */
export class WaitingLine<Job extends InLine> {
  readonly #lanes: Lanes<Job>;

  /** @param patience see `Lanes`. */
  constructor({ patience }: { patience?: number | undefined } = {}) {
    this.#lanes = new Lanes<Job>({ patience, tenantOf, callerOf, costOf });
  }

  get length(): number {
    return this.#lanes.length;
  }

  /** How many wait that are not urgent. */
  get others(): number {
    return this.#lanes.others;
  }

  /** How many of a tenant's wait. */
  waitingOf(tenant: string): number {
    return this.#lanes.waitingOf(tenant);
  }

  add(job: Job): void {
    this.#lanes.add(job, job.urgent);
  }

  /** Who is next. */
  peek(): Job | undefined {
    return this.#lanes.peek();
  }

  /** Takes who is next out of the line. */
  take(): Job | undefined {
    return this.#lanes.take();
  }

  /** Takes the next of those that may go. */
  takeIf(may: (job: Job) => boolean): Job | undefined {
    const next = this.#lanes.peek();
    if (next === undefined || may(next)) return this.#lanes.take();
    // Those before it could not go anyway, so that its cost is taken from nobody.
    const job = this.#lanes.inOrder().find(may);
    if (job !== undefined) this.#lanes.remove(job);
    return job;
  }

  /** All, in the order in which they would be taken if nobody came. */
  inOrder(): Job[] {
    return this.#lanes.inOrder();
  }

  /** @returns false when the job does not wait. */
  remove(job: Job): boolean {
    return this.#lanes.remove(job);
  }

  /** Makes the one that is meant urgent. Of no effect when it does not wait. */
  hasten(isMeant: (job: Job) => boolean): void {
    const job = this.#lanes.inOrder().find(isMeant);
    if (job && this.#lanes.hasten(job)) this.tellPlaces();
  }

  /** Whether one that waits gives its place to such a newcomer. */
  givesWayTo(newcomer: Newcomer): boolean {
    return this.#lanes.givesWayTo(placeOf(newcomer), newcomer.urgent) !== undefined;
  }

  /** Refuses the one that gives way. @returns false when none does. */
  displace(newcomer: Newcomer, error: ServiceError): boolean {
    const job = this.#lanes.givesWayTo(placeOf(newcomer), newcomer.urgent);
    if (!job || !this.#lanes.remove(job)) return false;
    job.reject(error);
    return true;
  }

  tellPlaces(): void {
    for (const [index, { onPlace }] of this.#lanes.inOrder().entries()) onPlace?.(index + 1);
  }

  /** Empties the line. @returns all that waited. */
  clear(): Job[] {
    return this.#lanes.clear();
  }
}
