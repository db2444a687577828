import type { DatasetSequence, DatasetTrack } from "../../../proto/index.js";
import type { DatasetService } from "../net/service.js";

/** A video, and the tracks in it by their ids. */
interface SequenceFacts {
  readonly sequence: DatasetSequence;
  readonly tracks: ReadonlyMap<bigint, DatasetTrack>;
}

/** What is known of the videos whose frames come by: each is asked for once. */
export class KnownSequences {
  readonly #service: DatasetService;
  readonly #changed: () => void;
  readonly #known = new Map<bigint, SequenceFacts | undefined>();

  /** @param changed something has come. */
  constructor(service: DatasetService, changed: () => void) {
    this.#service = service;
    this.#changed = changed;
  }

  /** @returns undefined for 0, and until it has come. */
  of(sequence: bigint): SequenceFacts | undefined {
    if (sequence > 0n && !this.#known.has(sequence)) void this.#ask(sequence);
    return this.#known.get(sequence);
  }

  /** Its tracks are others now. */
  forget(sequence: bigint): void {
    this.#known.delete(sequence);
  }

  async #ask(id: bigint): Promise<void> {
    this.#known.set(id, undefined);
    try {
      const sequence = await this.#service.getSequence(id);
      const tracks = new Map<bigint, DatasetTrack>();
      for (let page = ""; ; ) {
        const answer = await this.#service.listTracks(id, { pageSize: 500, page });
        for (const track of answer.tracks) tracks.set(track.id, track);
        page = answer.nextPage;
        if (page === "") break;
      }
      this.#known.set(id, { sequence, tracks });
      this.#changed();
    } catch {
      // The next picture that comes asks again.
      this.#known.delete(id);
    }
  }
}
