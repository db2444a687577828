import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Annotation,
  AnnotationSchema,
  bitmapToRle,
  EncodeEventSchema,
  ErrorCode,
  ErrorSchema,
  encodeRle,
  ImageEventSchema,
  type Mask,
  MaskSchema,
  rleArea,
  rleBoundingBox,
  SegmentEverythingEventSchema,
  SegmentResponseSchema,
  WelcomeSchema,
} from "../../../proto/index.js";
import type { ClientEvent, Effect, EventOf } from "../event.js";
import { reduce } from "../reduce.js";
import { initialState, type State } from "../state.js";

/** Events and states for tests of the reducer. */
export const imageId = `sha256:${"ab".repeat(32)}`;

/** The first so many pixels of the 40 x 20 picture. */
export const mask = (area = 5): Mask =>
  create(MaskSchema, {
    area,
    predictedIou: 0.9,
    rle: encodeRle({ height: 20, width: 40, runs: Uint32Array.of(0, area, 800 - area) }),
  });

export const welcome = (
  limits: MessageInitShape<typeof WelcomeSchema> = { maxWaitingClicks: 8 },
): EventOf<"welcome"> => ({
  kind: "welcome",
  welcome: create(WelcomeSchema, limits),
  atMs: 1_000,
});

export const imageEvent = (
  event: NonNullable<MessageInitShape<typeof ImageEventSchema>["event"]>,
  atMs = 2_000,
): EventOf<"image-event"> => ({ kind: "image-event", event: create(ImageEventSchema, { imageId, event }), atMs });

export const ready = imageEvent({ case: "ready", value: { image: { imageId, width: 40, height: 20 } } });

export const imageDraft = imageEvent({ case: "draft", value: { image: { imageId, width: 40, height: 20 } } });

export const uploadEvent = (event: NonNullable<MessageInitShape<typeof EncodeEventSchema>["event"]>): ClientEvent => ({
  kind: "upload-event",
  token: 1,
  event: create(EncodeEventSchema, { event }),
  atMs: 2_000,
});

export const answer = (sequence: number, masks: Mask[] = [mask()], atMs = 3_000): EventOf<"answer"> => ({
  kind: "answer",
  response: create(SegmentResponseSchema, {
    sequence,
    outcome: { case: "result", value: { imageId, masks, timings: { decodeMs: 50, queueMs: 1 } } },
  }),
  atMs,
});

/** From a draft of the picture. */
export function draftAnswer(sequence: number, masks: Mask[] = [mask(4)]): EventOf<"answer"> {
  const event = answer(sequence, masks);
  if (event.response.outcome.case === "result") event.response.outcome.value.draft = true;
  return event;
}

export const refusal = (
  sequence: number,
  code: ErrorCode = ErrorCode.INTERNAL,
  retryAfterMs?: number,
): EventOf<"answer"> => ({
  kind: "answer",
  response: create(SegmentResponseSchema, {
    sequence,
    outcome: {
      case: "error",
      value: create(ErrorSchema, {
        code,
        message: "it broke",
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      }),
    },
  }),
  atMs: 3_000,
});

/** A rectangle of the 40 x 20 picture, found by its middle. */
export function rectangle(id: number, x: number, y: number, width: number, height: number): Annotation {
  const bitmap = Uint8Array.from({ length: 800 }, (_, at) => {
    const [column, row] = [at % 40, Math.floor(at / 40)];
    return column >= x && column < x + width && row >= y && row < y + height ? 1 : 0;
  });
  const runs = bitmapToRle(bitmap, 40, 20);
  return create(AnnotationSchema, {
    id,
    mask: {
      rle: encodeRle(runs),
      bbox: rleBoundingBox(runs),
      area: rleArea(runs),
      predictedIou: 0.95,
      stabilityScore: 0.97,
    },
    point: { x: x + width / 2, y: y + height / 2, label: 1 },
  });
}

export const everythingEvent = (
  event: NonNullable<MessageInitShape<typeof SegmentEverythingEventSchema>["event"]>,
  atMs = 3_000,
): EventOf<"everything-event"> => ({
  kind: "everything-event",
  event: create(SegmentEverythingEventSchema, { event }),
  atMs,
});
export const found = (annotation: Annotation) => everythingEvent({ case: "found", value: annotation });
export const everythingDone = everythingEvent({ case: "done", value: { masks: 2, points: 64, elapsedMs: 4_200 } });
export const everythingFailure = (
  code: ErrorCode = ErrorCode.UNAVAILABLE,
  message = "the decoder was lost",
): EventOf<"everything-failed"> => ({
  kind: "everything-failed",
  error: create(ErrorSchema, { code, message }),
  atMs: 3_500,
});
export const begin: ClientEvent = { kind: "everything-begin", atMs: 2_600 };
export const cancel: ClientEvent = { kind: "everything-cancel" };

export const chosen: ClientEvent = { kind: "picture-chosen", token: 1, name: "cat.jpg" };
export const loaded = (id: string | undefined = imageId): EventOf<"picture-loaded"> => ({
  kind: "picture-loaded",
  token: 1,
  width: 40,
  height: 20,
  bytes: 1_000,
  imageId: id,
  atMs: 1_500,
});
export const point = (x = 3, atMs = 2_500): ClientEvent => ({ kind: "point", x, y: 4, label: 1, atMs });
export const closed = (code = 1006): EventOf<"socket-closed"> => ({
  kind: "socket-closed",
  code,
  atMs: 4_000,
  random: 0.5,
});

/** The state after these events, and what the last of them asked for. */
export function run(events: readonly ClientEvent[], from: State = initialState): readonly [State, readonly Effect[]] {
  let state = from;
  let effects: readonly Effect[] = [];
  for (const event of events) [state, effects] = reduce(state, event);
  return [state, effects];
}

/** A large rectangle with a small one on it. */
export const large = rectangle(1, 2, 2, 20, 12);
export const small = rectangle(2, 4, 4, 4, 4);

export const shown = {
  opening: [welcome(), chosen, loaded()],
  uploading: [welcome(), chosen, loaded(), imageEvent({ case: "missing", value: {} })],
  queued: [welcome(), chosen, loaded(), imageEvent({ case: "queued", value: { position: 2, etaMs: 3_000 } })],
  encoding: [welcome(), chosen, loaded(), imageEvent({ case: "encoding", value: {} })],
  ready: [welcome(), chosen, loaded(), ready],
  refused: [
    welcome(),
    chosen,
    loaded(),
    imageEvent({ case: "failed", value: { code: ErrorCode.INVALID_ARGUMENT, message: "no picture" } }),
  ],
} satisfies Record<string, readonly ClientEvent[]>;
