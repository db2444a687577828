import { ErrorCode, type MaskFormat, type SegmentResult } from "../../../proto/index.js";
import { failureOf } from "../failure.js";
import { toldError } from "../maskwire-error.js";
import { answerKind } from "./answer-kind.js";
import type { Place, SessionEventOf } from "./event.js";
import type { Pending } from "./pending.js";
import type { Prompts } from "./prompts.js";
import { patient } from "./silence.js";
import { againAfter, type Click, dueClicks, unsent } from "./waiting.js";

/** What a click was answered with, and where. */
export interface Answered {
  readonly result: SegmentResult;
  readonly place: Place;
}

interface Waiter extends Pending<Answered> {
  readonly onDraft: ((result: SegmentResult) => void) | undefined;
  /** Extras beside the masks as RLE. */
  readonly formats: readonly MaskFormat[];
}

interface Paths {
  readonly send: (sequence: number, prompts: Prompts, formats: readonly MaskFormat[]) => void;
  /** Looks again at what is to be sent, after so long. */
  readonly again: (delayMs: number) => void;
}

/** The clicks of an open picture, from their making to their answers: over as many connections as that takes. */
export class Clicks {
  readonly #paths: Paths;
  #waiting: readonly Click[] = [];
  readonly #waiters = new Map<number, Waiter>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  get waiting(): readonly Click[] {
    return this.#waiting;
  }

  add(sequence: number, prompts: Prompts, waiter: Waiter, atMs: number): void {
    this.#waiters.set(sequence, waiter);
    const click = { sequence, prompts, madeAtMs: atMs, sentAtMs: undefined, notBeforeMs: 0, tries: 0 };
    this.#waiting = [...this.#waiting, click];
  }

  /** Whoever made it waits no more. */
  forget(sequence: number): void {
    this.#waiters.delete(sequence);
    this.#waiting = this.#waiting.filter((click) => click.sequence !== sequence);
  }

  /** Sends what is due. @param most that may be under way at once; 0 for no limit. */
  flush(most: number, atMs: number): void {
    const due = dueClicks(this.#waiting, most, atMs);
    this.#waiting = this.#waiting.map((click) => (due.includes(click) ? { ...click, sentAtMs: atMs } : click));
    for (const { sequence, prompts } of due)
      this.#paths.send(sequence, prompts, this.#waiters.get(sequence)?.formats ?? []);
  }

  /** The connection is gone: all that waits goes over the next one. */
  lose(): void {
    this.#waiting = this.#waiting.map(unsent);
  }

  /** The connection is given up for its silence. */
  beMorePatient(): void {
    this.#waiting = this.#waiting.map(patient);
  }

  /** @returns whether it is an answer to one of these. */
  hear({ response, place = "server", atMs }: SessionEventOf<"answer">): boolean {
    const { sequence, outcome } = response;
    const click = this.#waiting.find((one) => one.sequence === sequence);
    const waiter = this.#waiters.get(sequence);
    if (click === undefined || waiter === undefined) return false;
    if (outcome.case !== "result") {
      this.#refuse(click, waiter, outcome.value, atMs);
    } else if (answerKind(response) === "draft") {
      waiter.onDraft?.(outcome.value);
    } else {
      this.forget(sequence);
      waiter.resolve({ result: outcome.value, place });
    }
    return true;
  }

  /** None of them will be answered. */
  fail(reason: unknown): void {
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    this.#waiting = [];
    for (const { reject } of waiters) reject(reason);
  }

  #refuse(click: Click, waiter: Waiter, error: Parameters<typeof failureOf>[0], atMs: number): void {
    // Nothing leads to what it was to start from. All its points say nearly as much.
    if (error?.code === ErrorCode.FAILED_PRECONDITION && click.prompts.from !== undefined) {
      this.#replace(unsent({ ...click, prompts: { ...click.prompts, from: undefined } }));
      this.#paths.again(0);
      return;
    }
    const again = againAfter(click, failureOf(error), atMs);
    if (again === undefined) {
      this.forget(click.sequence);
      waiter.reject(toldError(error));
      return;
    }
    this.#replace(again.click);
    this.#paths.again(again.delayMs);
  }

  #replace(click: Click): void {
    this.#waiting = this.#waiting.map((one) => (one.sequence === click.sequence ? click : one));
  }
}
