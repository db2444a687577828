import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EncodeEventSchema } from "../../../proto/index.js";
import type { Progress } from "./encode-flights.js";

type Event = NonNullable<MessageInitShape<typeof EncodeEventSchema>["event"]>;

interface Listener {
  tellsDrafts: boolean;
  model: string;
}

/** An encode's progress as the contract tells of it to one who waits: what he knows already is not said again. */
export class ProgressEvents {
  readonly #listener: Listener;
  #isEncoding = false;
  #hasDraft = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  of(progress: Progress): Event[] {
    const wasEncoding = this.#isEncoding;
    this.#isEncoding = progress.stage === "encoding";
    const { draft: image } = progress;
    const isNew = this.#listener.tellsDrafts && !this.#hasDraft && image !== undefined;
    if (isNew) this.#hasDraft = true;
    const draft: Event[] = isNew ? [{ case: "draft", value: { image, model: this.#listener.model } }] : [];
    if (progress.stage === "encoding") return wasEncoding ? draft : [{ case: "encoding", value: {} }, ...draft];
    return [{ case: "queued", value: { position: progress.position, etaMs: progress.etaMs } }, ...draft];
  }
}
