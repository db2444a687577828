interface Waiting {
  release: () => void;
  timer: NodeJS.Timeout | undefined;
}

/** What a session's prompts hold until they are answered: their bytes, and the time that a click may wait. */
export class PromptsWaiting {
  /** A client may use a number again while it waits. */
  readonly #bySequence = new Map<number, Waiting[]>();

  /**
   * One that has come, and may be refused before it waits.
   * @param release gives back its bytes. @param late called after `mostMs` without an answer.
   */
  atTheDoor(sequence: number, release: () => void, late?: { mostMs: number; call: () => void }): Waiting {
    const one = { release, timer: late && setTimeout(late.call, late.mostMs) };
    const all = this.#bySequence.get(sequence);
    // In front: of two with the same number it is this one that is refused.
    if (all) all.unshift(one);
    else this.#bySequence.set(sequence, [one]);
    return one;
  }

  /** The one at the door waits from now on, unless it was answered. */
  isIn(sequence: number, one: Waiting): void {
    const all = this.#bySequence.get(sequence);
    if (all?.[0] !== one) return;
    all.shift();
    all.push(one);
  }

  answered(sequence: number): void {
    const all = this.#bySequence.get(sequence);
    const first = all?.shift();
    if (all?.length === 0) this.#bySequence.delete(sequence);
    if (first) end(first);
  }

  close(): void {
    for (const all of this.#bySequence.values()) for (const one of all) end(one);
    this.#bySequence.clear();
  }
}

function end({ release, timer }: Waiting): void {
  clearTimeout(timer);
  release();
}
