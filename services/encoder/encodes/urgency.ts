/** Whether people wait for an encode. One that a batch has begun becomes urgent when a person joins it. */
export class Urgency {
  #isUrgent: boolean;
  #hasten: () => void = () => {};

  constructor(isUrgent: boolean) {
    this.#isUrgent = isUrgent;
  }

  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  /** It waits somewhere else now. @param hasten makes it urgent there. */
  waitsAt(hasten: () => void): void {
    this.#hasten = hasten;
  }

  raise(): void {
    if (this.#isUrgent) return;
    this.#isUrgent = true;
    this.#hasten();
  }
}
