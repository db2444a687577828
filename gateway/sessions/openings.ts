import type { Caller } from "../../services/runtime/callers/caller.js";

/** Each holds a connection, and somebody who does not yet know. */
const mostWaiting = 64;

type Who = Pick<Caller, "key" | "tenant">;

/** Sessions that are to be opened, each when its caller has made good what those before took of the main thread (F7). */
export class Openings {
  readonly #admit: (caller: Who) => number;
  readonly #waiting = new Map<string, { held: (() => void)[]; timer: NodeJS.Timeout }>();

  /** @param admit 0 when a caller may open a session now, or after how many milliseconds to ask again. */
  constructor(admit: (caller: Who) => number) {
    this.#admit = admit;
  }

  /** Calls `open` when it is its turn, at once or later. @returns false when too many of the caller's wait already. */
  enter(caller: Who, open: () => void): boolean {
    const held = this.#waiting.get(caller.key)?.held ?? [];
    if (held.length >= mostWaiting) return false;
    held.push(open);
    if (held.length === 1) this.#go(caller, held);
    return true;
  }

  /** Opens all that wait: whoever opens them is told elsewhere that it is over. */
  close(): void {
    for (const { held, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      for (const open of held) open();
    }
    this.#waiting.clear();
  }

  #go(caller: Who, held: (() => void)[]): void {
    for (let open = held[0]; open; open = held[0]) {
      const waitMs = this.#admit(caller);
      if (waitMs > 0) {
        const timer = setTimeout(() => this.#go(caller, held), waitMs);
        this.#waiting.set(caller.key, { held, timer });
        return;
      }
      held.shift();
      open();
    }
    this.#waiting.delete(caller.key);
  }
}
