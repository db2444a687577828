import type { Principal } from "../runtime/callers/principal.js";
import { longestTimerMs } from "../runtime/longest-timer.js";

/** Who waits for the end of which principal: by its time, or because somebody says so. */
export class Ends {
  readonly #watches = new Map<Principal, Set<() => void>>();

  /** @returns ends the watch; `onEnd` is called once at most. */
  watch(principal: Principal, onEnd: () => void): () => void {
    const watches = this.#watches.get(principal) ?? new Set();
    this.#watches.set(principal, watches);
    const end = () => {
      stop();
      onEnd();
    };
    const stopTimer = principal.expiresAt === undefined ? () => {} : callAt(principal.expiresAt, end);
    const stop = () => {
      stopTimer();
      watches.delete(end);
      if (watches.size === 0 && this.#watches.get(principal) === watches) this.#watches.delete(principal);
    };
    watches.add(end);
    return stop;
  }

  end(principal: Principal): void {
    for (const end of [...(this.#watches.get(principal) ?? [])]) end();
  }

  /** Principals that somebody watches. */
  get count(): number {
    return this.#watches.size;
  }
}

/** @param time milliseconds since 1970, however far off. @returns calls it off. */
function callAt(time: number, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const leftMs = time - Date.now();
    timer = setTimeout(leftMs > longestTimerMs ? wait : call, Math.min(Math.max(leftMs, 0), longestTimerMs)).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
