/*
 * Mean waiting times of queues that have a formula, to hold the simulation against. Rates are per millisecond, waits in
 * milliseconds and without the service itself. Kleinrock, Queueing Systems I (1975).
 */

/** M/G/1, Pollaczek and Khinchine. @param scv squared coefficient of variation of the service: 1 exponential, 0 fixed. */
export function meanWaitSingle(arrivalRate: number, serviceMs: number, scv: number): number {
  const use = arrivalRate * serviceMs;
  return (use * serviceMs * (1 + scv)) / (2 * (1 - use));
}

/** M/M/c: the share of arrivals that wait (Erlang C). */
export function shareWaiting(arrivalRate: number, serviceMs: number, servers: number): number {
  const load = arrivalRate * serviceMs;
  // Erlang B by its recursion, which does not overflow.
  let blocking = 1;
  for (let k = 1; k <= servers; k++) blocking = (load * blocking) / (k + load * blocking);
  return (servers * blocking) / (servers - load * (1 - blocking));
}

/** M/M/c. */
export function meanWaitMany(arrivalRate: number, serviceMs: number, servers: number): number {
  return (shareWaiting(arrivalRate, serviceMs, servers) * serviceMs) / (servers - arrivalRate * serviceMs);
}
