/** What an attack has done so far; travels between the threads. */
export interface Counts {
  tried: number;
  /** Turned away at the door, with a documented answer or by closing the connection. */
  refused: number;
  answered: number;
  problems: string[];
}

const mostProblems = 20;

/** How much an attacker may do, what it has done, and what was wrong with the answers. */
export class Tally {
  readonly #most: number;
  readonly #ms: number;
  #until: number;
  readonly counts: Counts = { tried: 0, refused: 0, answered: 0, problems: [] };

  constructor(most: number, ms: number) {
    this.#most = most;
    this.#ms = ms;
    this.#until = performance.now() + ms;
  }

  /** The time begins anew: all that came before was preparation. */
  begin(): void {
    this.#until = performance.now() + this.#ms;
  }

  /** False when as much was tried as was asked for, or the time is over. */
  get goesOn(): boolean {
    return this.counts.tried < this.#most && performance.now() < this.#until;
  }

  /** What may still be tried. */
  get left(): number {
    return Math.max(0, this.#most - this.counts.tried);
  }

  get msLeft(): number {
    return Math.max(0, this.#until - performance.now());
  }

  /** How long an answer may still be waited for: past the attack's own time, and less than what ends the attacker. */
  patienceMs(most: number): number {
    return Math.min(most, this.msLeft + 20_000);
  }

  try(count = 1): void {
    this.counts.tried += count;
  }

  refused(): void {
    this.counts.refused++;
  }

  answered(): void {
    this.counts.answered++;
  }

  /** Something that must not be. @param problem undefined is nothing. */
  note(problem: string | undefined): void {
    const { problems } = this.counts;
    if (problem !== undefined && problems.length < mostProblems && !problems.includes(problem)) problems.push(problem);
  }
}

/** Runs `work` again and again, so many at once, while the tally goes on. */
export async function inParallel(lanes: number, tally: Tally, work: (lane: number) => Promise<void>): Promise<void> {
  const lane = async (index: number) => {
    while (tally.goesOn) await work(index);
  };
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
}
