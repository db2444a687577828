/** Who waits for an encode: a person or nobody, and whether a draft is of use to them. */
export interface Waiting {
  isBulk: boolean;
  wantsDraft: boolean;
}

/** Whether people wait for an encode, and what for. One that a batch has begun becomes urgent when a person joins it. */
export class Urgency {
  #isUrgent: boolean;
  #wantsDraft: boolean;
  #hasten: () => void = () => {};

  constructor({ isBulk, wantsDraft }: Waiting) {
    this.#isUrgent = !isBulk;
    this.#wantsDraft = wantsDraft && !isBulk;
  }

  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  /** It waits somewhere else now. @param hasten makes it urgent there. */
  waitsAt(hasten: () => void): void {
    this.#hasten = hasten;
  }

  /** A person waits who understands drafts. */
  get wantsDraft(): boolean {
    return this.#wantsDraft;
  }

  /** Another waits for it too. */
  join({ isBulk, wantsDraft }: Waiting): void {
    if (isBulk) return;
    this.#wantsDraft ||= wantsDraft;
    if (this.#isUrgent) return;
    this.#isUrgent = true;
    this.#hasten();
  }
}
