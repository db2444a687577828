import { create } from "@bufbuild/protobuf";
import {
  AnnotationSchema,
  ErrorCode,
  ErrorSchema,
  EverythingDoneSchema,
  type Mask,
  PromptSchema,
  type SegmentEverythingEvent,
  SegmentEverythingEventSchema,
  type SegmentRequest,
  SegmentRequestSchema,
} from "../../../proto/index.js";
import { answerKind } from "./answer-kind.js";
import type { SessionEvent, SessionEventOf } from "./event.js";

/** Beyond the numbers of clicks and previews, which count from 1. */
const firstSequence = 2 ** 31;

/**
 * A search by words as the state knows searches: one prompt of the session, whose answer's masks come as everything mode's do.
 * The newest counts; the gateway answers an older one all the same, and nobody hears of it.
 */
export class WordsSearch {
  #last = firstSequence;
  #underWay: { readonly sequence: number; readonly sinceMs: number } | undefined;

  begin(words: string, imageId: string, atMs: number): SegmentRequest {
    this.#last = this.#last + 1 < 2 ** 32 ? this.#last + 1 : firstSequence;
    this.#underWay = { sequence: this.#last, sinceMs: atMs };
    return create(SegmentRequestSchema, {
      sequence: this.#last,
      imageId,
      prompt: create(PromptSchema, { text: words }),
    });
  }

  /** @returns whether one was under way: what is to be said of its end. */
  cancel(atMs: number): SessionEvent | undefined {
    if (this.#underWay === undefined) return undefined;
    this.#underWay = undefined;
    return { kind: "everything-failed", error: create(ErrorSchema, { code: ErrorCode.CANCELLED }), atMs };
  }

  /** The connection that was to bring the answer is gone. */
  lose(): void {
    this.#underWay = undefined;
  }

  /** @returns what an answer means to the state; undefined for one that is no search's. */
  hear({ response, atMs }: SessionEventOf<"answer">): SessionEvent[] | undefined {
    if (response.sequence < firstSequence) return undefined;
    const { outcome } = response;
    if (response.sequence !== this.#underWay?.sequence) return [];
    // What a draft of the picture says is said again when its embedding is there.
    if (answerKind(response) === "draft") return [];
    const { sinceMs } = this.#underWay;
    this.#underWay = undefined;
    if (outcome.case === "error") return [{ kind: "everything-failed", error: outcome.value, atMs }];
    const masks = outcome.case === "result" ? outcome.value.masks : [];
    const found = masks.filter(({ area }) => area > 0).map(foundEvent);
    const done = create(SegmentEverythingEventSchema, {
      event: {
        case: "done",
        value: create(EverythingDoneSchema, { masks: found.length, elapsedMs: atMs - sinceMs }),
      },
    });
    return [...found, done].map((event) => ({ kind: "everything-event", event, atMs }));
  }
}

/** An object is where its box is: keys go from one to the next by that. */
function foundEvent(mask: Mask, index: number): SegmentEverythingEvent {
  const { x = 0, y = 0, width = 0, height = 0 } = mask.bbox ?? {};
  const point = { x: x + width / 2, y: y + height / 2, label: 1 };
  const value = create(AnnotationSchema, { id: index + 1, mask, point });
  return create(SegmentEverythingEventSchema, { event: { case: "found", value } });
}
