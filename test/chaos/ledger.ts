/** What became of the clicks that people made. Times are milliseconds of one clock. */
export class Ledger {
  readonly #clicks: Entry[] = [];
  readonly #faults: number[] = [];
  #ends = 0;
  #answers = 0;
  onChange: () => void = () => {};

  /** @param provoked by a client that misbehaves on purpose: how long it waits for its own clicks is its own doing. */
  made(atMs: number, provoked = false): number {
    this.#clicks.push({ madeAtMs: atMs, endedAtMs: undefined, outcome: undefined, refusals: 0, resends: 0, provoked });
    this.onChange();
    return this.#clicks.length - 1;
  }

  /** A refusal that says when to try again, or that a person answers with "Try again". */
  refused(click: number): void {
    this.#entry(click).refusals++;
  }

  /** Sent once more on another connection. */
  resent(click: number): void {
    this.#entry(click).resends++;
  }

  ended(click: number, outcome: "answered" | "refused", atMs: number): void {
    const entry = this.#entry(click);
    if (entry.outcome !== undefined) throw new Error(`click ${click} ended twice`);
    entry.outcome = outcome;
    entry.endedAtMs = atMs;
    this.#ends++;
    if (outcome === "answered") this.#answers++;
    this.onChange();
  }

  /** Something was broken on purpose. */
  fault(atMs: number): void {
    this.#faults.push(atMs);
  }

  get answered(): number {
    return this.#answers;
  }

  /** Clicks that wait. */
  get open(): number {
    return this.#clicks.length - this.#ends;
  }

  /** Clicks made since the latest fault, and answered. */
  get answeredSinceFault(): number {
    const since = this.#faults.at(-1) ?? Number.POSITIVE_INFINITY;
    return this.#clicks.filter(({ outcome, madeAtMs }) => outcome === "answered" && madeAtMs >= since).length;
  }

  figures(): ClickFigures {
    const count = (which: (entry: Entry) => boolean) => this.#clicks.filter(which).length;
    const isAnswered = ({ outcome }: Entry) => outcome === "answered";
    const recoveries = this.#recoveries();
    const waits = recoveries.map(({ waitMs }) => waitMs).sort((a, b) => a - b);
    return {
      clicks: this.#clicks.length,
      answered: count(isAnswered),
      retried: count((entry) => isAnswered(entry) && entry.refusals > 0),
      resent: count((entry) => isAnswered(entry) && entry.resends > 0),
      refused: count(({ outcome }) => outcome === "refused"),
      lost: count(({ outcome }) => outcome === undefined),
      affected: recoveries.length,
      recoveryP50Ms: quantile(waits, 0.5),
      recoveryP99Ms: quantile(waits, 0.99),
      recoveredAfterMs: recoveries.length === 0 ? undefined : Math.max(...recoveries.map((one) => one.sinceFaultMs)),
    };
  }

  /**
   * The clicks that a fault touched: those that were open when it came, and those made after it that took longer than any
   * before the first fault, or needed another try.
   */
  #recoveries(): Recovery[] {
    const first = this.#faults[0];
    if (first === undefined) return [];
    const before = this.#clicks.filter(({ endedAtMs = Number.POSITIVE_INFINITY }) => endedAtMs < first);
    const usualMs = Math.max(0, ...before.map(({ madeAtMs, endedAtMs = madeAtMs }) => endedAtMs - madeAtMs));
    return this.#clicks.flatMap(({ madeAtMs, endedAtMs, refusals, resends, provoked }) => {
      if (provoked || endedAtMs === undefined || endedAtMs < first) return [];
      const during = this.#faults.find((at) => at >= madeAtMs && at <= endedAtMs);
      if (during !== undefined) return [{ waitMs: endedAtMs - during, sinceFaultMs: endedAtMs - during }];
      const tookMs = endedAtMs - madeAtMs;
      const latest = this.#faults.findLast((at) => at <= madeAtMs);
      const isTouched = latest !== undefined && (tookMs > usualMs || refusals + resends > 0);
      return isTouched ? [{ waitMs: tookMs, sinceFaultMs: endedAtMs - latest }] : [];
    });
  }

  #entry(click: number): Entry {
    const entry = this.#clicks[click];
    if (!entry) throw new Error(`there is no click ${click}`);
    return entry;
  }
}

export interface ClickFigures {
  /** Made by people. */
  clicks: number;
  /** Ended in a mask. */
  answered: number;
  /** Of those, refused with a hint at first. */
  retried: number;
  /** Of those, sent again over another connection. */
  resent: number;
  /** Ended in a refusal that nobody could mend. */
  refused: number;
  /** Neither answered nor refused. */
  lost: number;
  /** Clicks that the faults touched. */
  affected: number;
  /** Of those, how long people waited: from the fault, or from the click when it was made after it. */
  recoveryP50Ms: number | undefined;
  recoveryP99Ms: number | undefined;
  /** From a fault to the answer of the last click that it touched. */
  recoveredAfterMs: number | undefined;
}

interface Recovery {
  readonly waitMs: number;
  readonly sinceFaultMs: number;
}

interface Entry {
  readonly madeAtMs: number;
  readonly provoked: boolean;
  endedAtMs: number | undefined;
  outcome: "answered" | "refused" | undefined;
  refusals: number;
  resends: number;
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}
