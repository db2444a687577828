import { longestTimerMs } from "../longest-timer.js";

/** Timers by name: one that is started again begins anew. */
export class Timers<Name extends string> {
  readonly #fire: (name: Name) => void;
  readonly #running = new Map<Name, ReturnType<typeof setTimeout>>();

  constructor(fire: (name: Name) => void) {
    this.#fire = fire;
  }

  has(name: Name): boolean {
    return this.#running.has(name);
  }

  start(name: Name, delayMs: number): void {
    this.stop(name);
    const fire = () => {
      this.#running.delete(name);
      this.#fire(name);
    };
    // The server may ask for any pause.
    this.#running.set(name, setTimeout(fire, Math.min(delayMs, longestTimerMs)));
  }

  stop(name: Name): void {
    clearTimeout(this.#running.get(name));
    this.#running.delete(name);
  }

  stopAll(): void {
    for (const timer of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
  }
}
