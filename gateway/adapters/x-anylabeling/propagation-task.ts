import { randomUUID } from "node:crypto";
import { describeError, isInternal } from "../../../services/runtime/errors.js";
import type { Logger } from "../../../services/runtime/logger.js";
import { JsonPieces } from "../../json/json-pieces.js";
import { type FollowedFrame, Results, type Span } from "./results.js";

type Status = "processing" | "completed" | "failed" | "cancelled";

/** A video that is followed while nobody waits for it: who began it asks how far it is. */
export class PropagationTask {
  readonly id = randomUUID();
  readonly #controller = new AbortController();
  readonly #results: Results;
  readonly #logger: Pick<Logger, "error">;
  #status: Status = "processing";
  #error = "";

  /**
   * @param follow the frames as they are done, until the signal aborts.
   * @param hold told how many bytes are kept of them. @throws what `hold` throws ends it.
   */
  constructor(
    span: Span,
    total: number,
    follow: (signal: AbortSignal) => AsyncIterable<FollowedFrame>,
    hold: (bytes: number) => void,
    logger: Pick<Logger, "error">,
  ) {
    this.#logger = logger;
    this.#results = new Results(span, total, hold);
    void this.#run(follow);
  }

  get isRunning(): boolean {
    return this.#status === "processing";
  }

  /** Safe to call twice. */
  cancel(): void {
    if (!this.isRunning) return;
    this.#status = "cancelled";
    this.#controller.abort();
  }

  /** How far it is, as the tool reads it, with all frames at the end. */
  describe(): JsonPieces {
    return JsonPieces.object([
      ["status", this.#status],
      ...Object.entries(this.#results.progress),
      ...(this.#status === "completed" ? [["results", this.#results.all] as const] : []),
      ...(this.#status === "failed" ? [["error", this.#error] as const] : []),
    ]);
  }

  async #run(follow: (signal: AbortSignal) => AsyncIterable<FollowedFrame>): Promise<void> {
    try {
      for await (const one of follow(this.#controller.signal)) this.#results.add(one);
      if (this.isRunning) this.#status = "completed";
    } catch (error) {
      if (!this.isRunning) return;
      this.#status = "failed";
      this.#error = describeError(error).message;
      if (isInternal(error)) this.#logger.error({ err: error, task: this.id }, "a video was not followed to its end");
    }
  }
}
