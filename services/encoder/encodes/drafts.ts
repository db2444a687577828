import type { EmbeddingRef } from "../../inference/models/embedding-ref.js";
import type { Urgency } from "./urgency.js";

/** An encode that is expected to take no longer needs no draft: a person hardly notices the wait. */
const bearableMs = 300;

interface DraftsOptions {
  /** By its id, whether a model runs on frames of other sizes than its own. */
  takesFrames: (modelId: string) => boolean;
  line: { readonly waiting: number };
  pool: { taskMsOf(kind: string): number };
  /** A draft is for other processes to find. */
  isCacheUp: () => boolean;
}

/** When a picture's draft goes before its embedding. */
export class Drafts {
  readonly #options: DraftsOptions;

  constructor(options: DraftsOptions) {
    this.#options = options;
  }

  /** Asked when the picture's turn at the model has come. */
  isDue({ model, crop }: EmbeddingRef, { wantsDraft }: Pick<Urgency, "wantsDraft">): boolean {
    const { takesFrames, line, pool, isCacheUp } = this.#options;
    if (!wantsDraft || crop || !takesFrames(model.id)) return false;
    // Whoever waits behind it would pay for it.
    return line.waiting === 0 && pool.taskMsOf(model.id) > bearableMs && isCacheUp();
  }
}
