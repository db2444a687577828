import { ServiceProblem } from "../net/ask-service.js";
import { retryDelayMs } from "../net/retry-delay.js";
import type { DatasetService } from "../net/service.js";
import { answered, emptyOutbox, interrupted, nextBatch, type Outbox, queued, refused } from "./outbox.js";
import type { OutboxStore } from "./outbox-store.js";

/** Sends what is in the outbox, as often as it takes; keeps it in the browser until then. */
export class Sender {
  readonly #service: Pick<DatasetService, "saveObjects">;
  readonly #store: OutboxStore;
  readonly #changed: () => void;
  #outbox = emptyOutbox;
  #tries = 0;
  #isHeldUp = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #idle: (() => void)[] = [];

  constructor(service: Pick<DatasetService, "saveObjects">, store: OutboxStore, changed: () => void) {
    this.#service = service;
    this.#store = store;
    this.#changed = changed;
    addEventListener("online", () => void this.#send());
  }

  get outbox(): Outbox {
    return this.#outbox;
  }

  /** The service cannot be reached, or did not take what was sent last. */
  get isHeldUp(): boolean {
    return this.#isHeldUp;
  }

  /** What pages that are gone have left comes first. */
  async takeOver(): Promise<void> {
    const left = await this.#store.takeOver().catch(() => []);
    for (const { entries, known, conflicts } of left) {
      this.change((outbox) => ({
        ...queued(outbox, entries),
        known: new Map([...known, ...outbox.known]),
        conflicts: [...outbox.conflicts, ...conflicts],
      }));
    }
  }

  change(into: (outbox: Outbox) => Outbox): void {
    this.#outbox = into(this.#outbox);
    void this.#store.write(this.#outbox).catch(() => {});
    void this.#send();
    this.#changed();
  }

  /** When nothing is on its way or waits for its turn; at once where the service cannot be reached. */
  settled(): Promise<void> {
    if (this.#isHeldUp || (this.#outbox.sending.length === 0 && nextBatch(this.#outbox)[1].length === 0)) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #send(): Promise<void> {
    clearTimeout(this.#retry);
    const [sending, changes] = nextBatch(this.#outbox);
    if (changes.length === 0) return this.#tellIdle();
    this.#outbox = sending;
    try {
      const { saved } = await this.#service.saveObjects({ changes: [...changes] });
      this.#tries = 0;
      this.#isHeldUp = false;
      this.change((outbox) => answered(outbox, saved));
    } catch (error) {
      const mayPass = !(error instanceof ServiceProblem) || error.mayPass || error.isSignInNeeded;
      if (!mayPass) {
        this.change((outbox) => refused(outbox, (error as Error).message));
        return;
      }
      this.#isHeldUp = true;
      this.#outbox = interrupted(this.#outbox);
      this.#retry = setTimeout(() => void this.#send(), retryDelayMs(++this.#tries));
      this.#tellIdle();
      this.#changed();
    }
  }

  #tellIdle(): void {
    for (const tell of this.#idle.splice(0)) tell();
  }
}
