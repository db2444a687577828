import { Code, type ErrorInit, ServiceError } from "../runtime/errors.js";
import type { Lease, Leases } from "../runtime/stores/leases.js";

export interface SharedWork<T> {
  /** What another has made already. */
  find: () => Promise<T | undefined>;
  /** @param lease undefined when there are none to be had: the work is done all the same. */
  work: (lease: Lease | undefined) => Promise<T>;
  /** Told each time that another is found to be at work, and what its lease's holder tells of that (see `Lease.tell`). */
  onWait: (news: string | undefined) => void;
  signal: AbortSignal;
}

/** What is wrong with the picture itself is wrong for everybody. */
const isVerdict = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && error.code === Code.INVALID_ARGUMENT;

/**
 * Work that one process of the cluster does while the others wait for its outcome. Whoever does it may die: one of those
 * who wait takes over when its lease has run out.
 * @returns the outcome, and whether another made it. @throws what `work` throws, here or there; the signal's reason.
 */
export async function onceInCluster<T>(
  leases: Leases,
  name: string,
  { find, work, onWait, signal }: SharedWork<T>,
): Promise<{ outcome: T; isOthers: boolean }> {
  for (;;) {
    signal.throwIfAborted();
    const lease = await leases.acquire(name);
    if (lease === "unavailable") return { outcome: await work(undefined), isOthers: false };
    if (lease !== "taken") return await holding(lease);
    const freed = await leases.freed(name, signal, onWait);
    const found = await find();
    if (found) return { outcome: found, isOthers: true };
    if (freed !== "unavailable" && freed.verdict !== undefined) throw readVerdict(freed.verdict);
  }

  async function holding(lease: Lease) {
    let verdict: string | undefined;
    try {
      // Whoever held it before may have finished since we looked.
      const found = await find();
      return found ? { outcome: found, isOthers: true } : { outcome: await work(lease), isOthers: false };
    } catch (error) {
      if (isVerdict(error)) verdict = writeVerdict(error);
      throw error;
    } finally {
      await lease.release(verdict);
    }
  }
}

function writeVerdict({ code, message, reason }: ServiceError): string {
  return JSON.stringify({ code, message, reason });
}

function readVerdict(text: string): ServiceError {
  const { code, message, reason } = JSON.parse(text) as ErrorInit;
  return new ServiceError({ code, message, ...(reason && { reason }) });
}
