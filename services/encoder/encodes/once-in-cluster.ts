import { Code, invalidArgument, type Reason, ServiceError } from "../../runtime/errors.js";
import type { Lease, Leases } from "../../stores/leases.js";

interface SharedWork<T> {
  /** What another has made already. */
  find: () => Promise<T | undefined>;
  /** @param lease undefined when there are none to be had: the work is done all the same. */
  work: (lease: Lease | undefined) => Promise<T>;
  /** Told each time that another is found to be at work, and what its lease's holder tells of that (see `Lease.tell`). */
  onWait: (news: string | undefined) => void;
  signal: AbortSignal;
}

/**
 * What is wrong with the picture itself is wrong for everybody: these reasons are passed on, each with a sentence of our
 * own. Who can write to the cache has no say in what people read.
 */
const verdicts: ReadonlyMap<string, string> = new Map<Reason, string>([
  ["DAMAGED_IMAGE", "The picture is damaged or cut short."],
  ["UNSUPPORTED_IMAGE", "The picture is of a kind that is not taken."],
]);

/**
 * Work that one process of the cluster does while the others wait for its outcome. Whoever does it may die: one of those
 * who wait takes over when its lease has run out. Nobody waits longer than `Leases.longestWaitMs`: then he works himself.
 * @returns the outcome, and whether another made it. @throws what `work` throws, here or there; the signal's reason.
 */
export async function onceInCluster<T>(
  leases: Leases,
  name: string,
  { find, work, onWait, signal }: SharedWork<T>,
): Promise<{ outcome: T; isOthers: boolean }> {
  const until = performance.now() + leases.longestWaitMs;
  for (;;) {
    signal.throwIfAborted();
    const lease = await leases.acquire(name);
    const leftMs = until - performance.now();
    if (lease === "unavailable" || (lease === "taken" && leftMs <= 0)) {
      return { outcome: await work(undefined), isOthers: false };
    }
    if (lease !== "taken") return await holding(lease);
    const freed = await leases.freed(name, signal, onWait, leftMs);
    const found = await find();
    if (found) return { outcome: found, isOthers: true };
    const fault = typeof freed === "object" && readVerdict(freed.verdict);
    if (fault) throw fault;
  }

  async function holding(lease: Lease) {
    let verdict: string | undefined;
    try {
      // Whoever held it before may have finished since we looked.
      const found = await find();
      return found ? { outcome: found, isOthers: true } : { outcome: await work(lease), isOthers: false };
    } catch (error) {
      verdict = writeVerdict(error);
      throw error;
    } finally {
      await lease.release(verdict);
    }
  }
}

/** undefined for what another may fare better with. */
function writeVerdict(error: unknown): string | undefined {
  if (!(error instanceof ServiceError) || error.code !== Code.INVALID_ARGUMENT) return undefined;
  return error.reason !== undefined && verdicts.has(error.reason) ? error.reason : undefined;
}

function readVerdict(word: string | undefined): ServiceError | undefined {
  const message = word === undefined ? undefined : verdicts.get(word);
  return message === undefined ? undefined : invalidArgument(message, word as Reason);
}
