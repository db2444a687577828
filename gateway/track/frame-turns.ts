/** Frames that are made at once, whoever's they are: a decoder has as many in line, and its own line is shared by A4. */
const most = 4;

interface Waiting {
  begin(): void;
}

/** Callers take turns at the frames of their videos: one with many does not keep another's waiting. */
export class FrameTurns {
  /** Who is next comes first; nobody is here who waits for nothing. */
  readonly #callers = new Map<string, Waiting[]>();
  #underWay = 0;

  /** Resolves when a frame of this caller's may be begun, with what ends it. @throws the signal's reason when that aborts before. */
  async enter(caller: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#remove(caller, one);
        reject(signal.reason);
      };
      const one: Waiting = {
        begin: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      this.#callers.set(caller, [...(this.#callers.get(caller) ?? []), one]);
      signal.addEventListener("abort", leave, { once: true });
      this.#go();
    });
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#underWay--;
      this.#go();
    };
  }

  #go(): void {
    while (this.#underWay < most) {
      const [next] = this.#callers;
      if (!next) return;
      const [caller, [one, ...others]] = next;
      // Behind everybody else.
      this.#callers.delete(caller);
      if (others.length > 0) this.#callers.set(caller, others);
      this.#underWay++;
      one?.begin();
    }
  }

  #remove(caller: string, one: Waiting): void {
    const left = (this.#callers.get(caller) ?? []).filter((other) => other !== one);
    if (left.length > 0) this.#callers.set(caller, left);
    else this.#callers.delete(caller);
  }
}
