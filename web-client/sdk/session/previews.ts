import type { Mask, SegmentResponse } from "../../../proto/index.js";
import type { Spot } from "../spot.js";
import type { Pending } from "./pending.js";
import { firstPreviewing, isDue, mostUnderWay, timed } from "./preview-pace.js";

interface Asked extends Pending<Mask | undefined> {
  readonly sequence: number;
  readonly atMs: number;
}

interface Wanted extends Pending<Mask | undefined> {
  readonly spot: Spot;
}

/** Masks under a pointer that moves: the latest counts, and there are as many as the way and the service bear. */
export class Previews {
  /** @returns the number that it was sent under. */
  readonly #send: (spot: Spot) => number;
  #asked: readonly Asked[] = [];
  #wanted: Wanted | undefined;
  #pace = firstPreviewing;

  constructor(send: (spot: Spot) => number) {
    this.#send = send;
  }

  ask(spot: Spot, waiter: Pending<Mask | undefined>, atMs: number): void {
    this.#wanted?.resolve(undefined);
    this.#wanted = undefined;
    if (this.#asked.length >= mostUnderWay.server) this.#wanted = { ...waiter, spot };
    else if (isDue(this.#pace, atMs)) this.#begin(spot, waiter, atMs);
    else waiter.resolve(undefined);
  }

  hear({ sequence, outcome }: SegmentResponse, atMs: number): void {
    const question = this.#asked.find((one) => one.sequence === sequence);
    if (question === undefined) return;
    const result = outcome.case === "result" ? outcome.value : undefined;
    if (result?.draft !== true) this.#pace = timed(this.#pace, question.atMs, outcome, "server", atMs);
    // A mask is newer than those that are still on their way from before.
    const isOver = (one: Asked) => (result === undefined ? one === question : one.sequence <= sequence);
    const over = this.#asked.filter(isOver);
    this.#asked = this.#asked.filter((one) => !isOver(one));
    for (const one of over) one.resolve(one === question ? result?.masks[0] : undefined);
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted !== undefined) this.ask(wanted.spot, wanted, atMs);
  }

  /** A click, or the end of the connection: nothing of them is to be seen any more. */
  end(): void {
    const all = [...this.#asked, ...(this.#wanted === undefined ? [] : [this.#wanted])];
    this.#asked = [];
    this.#wanted = undefined;
    for (const { resolve } of all) resolve(undefined);
  }

  #begin(spot: Spot, waiter: Pending<Mask | undefined>, atMs: number): void {
    this.#pace = { ...this.#pace, lastAskedAtMs: atMs };
    this.#asked = [...this.#asked, { ...waiter, sequence: this.#send(spot), atMs }];
  }
}
