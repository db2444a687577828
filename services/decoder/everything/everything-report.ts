import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CropBox, SegmentEverythingEventSchema } from "../../../proto/index.js";
import type { Send } from "../../runtime/grpc/serve.js";
import { maskMessage } from "../../sam/masks/mask-message.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import type { Finding, LedgerChange } from "./ledger.js";
import { regionOf } from "./parts.js";
import type { Wanted } from "./wanted.js";

export type EverythingEvent = MessageInitShape<typeof SegmentEverythingEventSchema>;

interface ReportOptions {
  picture: PictureSize;
  wanted: Wanted | undefined;
  /** Points that are to be asked. */
  total: number;
  /** By `performance.now`. */
  startedAt: number;
}

/** What everything mode tells while it works, and at its end. */
export class EverythingReport {
  readonly #send: Send<EverythingEvent>;
  readonly #picture: PictureSize;
  readonly #wanted: Wanted | undefined;
  readonly #total: number;
  readonly #startedAt: number;
  #done = 0;

  constructor(send: Send<EverythingEvent>, { picture, wanted, total, startedAt }: ReportOptions) {
    this.#send = send;
    this.#picture = picture;
    this.#wanted = wanted;
    this.#total = total;
    this.#startedAt = startedAt;
  }

  /** One more point has its answer. */
  answered(): void {
    this.#done++;
  }

  /**
   * All of a change at once: while one batch waits for a slow reader another's change must not come in between, which could
   * retract what has not been told yet.
   */
  async change({ found, retracted }: LedgerChange, crop: CropBox): Promise<void> {
    await Promise.all([
      ...retracted.map((id) => this.#send({ event: { case: "retracted", value: { id } } })),
      ...found.map((finding) => this.#send({ event: { case: "found", value: this.#annotation(finding, crop) } })),
    ]);
  }

  async progress(): Promise<void> {
    const perPointMs = this.#done === 0 ? 0 : (performance.now() - this.#startedAt) / this.#done;
    const etaMs = Math.round(perPointMs * (this.#total - this.#done));
    await this.#send({
      event: { case: "progress", value: { pointsDone: this.#done, pointsTotal: this.#total, etaMs } },
    });
  }

  async end(imageId: string, masks: number): Promise<void> {
    const image = { imageId, ...this.#picture };
    const elapsedMs = performance.now() - this.#startedAt;
    await this.#send({ event: { case: "done", value: { image, masks, points: this.#done, elapsedMs } } });
  }

  #annotation({ id, mask, point }: Finding, crop: CropBox) {
    const grounding = this.#wanted?.match(mask);
    return {
      id,
      mask: { ...maskMessage(mask, this.#picture), ...(grounding ? { grounding } : {}) },
      point: { x: crop.x + point.x, y: crop.y + point.y, label: 1 },
      cropBox: regionOf(crop),
    };
  }
}
