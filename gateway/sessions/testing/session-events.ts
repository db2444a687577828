import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  CropSchema,
  DetailMode,
  EncodeReadySchema,
  ErrorCode,
  ImageDraftSchema,
  LowResLogitsSchema,
  type MaskFormat,
  MaskSchema,
  type PreviousMaskSchema,
  SegmentEverythingEventSchema,
  SegmentEverythingRequestSchema,
  SegmentRequestSchema,
  SegmentResultSchema,
} from "../../../proto/index.js";
import {
  initialState,
  type OpenedImage,
  type RefusedError,
  type SessionEffect,
  type SessionEvent,
  type SessionLimits,
  type SessionState,
} from "../state/state.js";
import { step } from "../state/step.js";

export const limits: SessionLimits = { maxWaitingClicks: 2, clickRetryMs: 250 };
export const imageA: OpenedImage = { imageId: `sha256:${"a".repeat(64)}`, model: "", drafts: true };
export const imageB: OpenedImage = { imageId: `sha256:${"b".repeat(64)}`, model: "", drafts: true };

interface PromptInit {
  preview?: boolean;
  imageId?: string;
  previous?: MessageInitShape<typeof PreviousMaskSchema>;
  formats?: MaskFormat[];
  detail?: DetailMode;
}

const prompt = (sequence: number, { preview = false, imageId = "", previous, formats = [], detail }: PromptInit = {}) =>
  create(SegmentRequestSchema, {
    sequence,
    preview,
    imageId,
    formats,
    ...(detail !== undefined && { detail }),
    prompt: {
      points: [{ x: 1, y: 1 }],
      ...(previous ? { mask: { source: { case: "previous", value: previous } } } : {}),
    },
  });
export const click = (sequence: number, init: PromptInit = {}): SessionEvent => ({
  kind: "prompt",
  request: prompt(sequence, init),
});
export const hover = (sequence: number, init: PromptInit = {}): SessionEvent =>
  click(sequence, { ...init, preview: true });

export const logitsOf = (byte: number) =>
  create(LowResLogitsSchema, { width: 1, height: 1, data: Uint8Array.of(byte, 0) });
export const result = (...bytes: number[]) =>
  create(SegmentResultSchema, {
    masks: bytes.map((byte) => create(MaskSchema, { area: byte, lowResLogits: logitsOf(byte) })),
  });
/** Of a picture of 1000 x 800 pixels, in which it is small. */
const small = (byte: number) =>
  create(SegmentResultSchema, {
    masks: [
      create(MaskSchema, {
        rle: { size: [800, 1000] },
        bbox: { x: 0, y: 0, width: 40, height: 30 },
        area: byte,
        lowResLogits: { ...logitsOf(byte), ...(byte > 5 && { crop: smallPart }) },
      }),
    ],
  });
/** Where that is looked at. */
export const smallPart = create(CropSchema, { x: 0, y: 0, width: 256, height: 256 });
export const info = create(EncodeReadySchema, { image: { imageId: imageA.imageId, width: 4, height: 3 } });
const broken = { code: ErrorCode.UNAVAILABLE, message: "Lost.", reason: "" };

const news = {
  queued: { case: "queued", value: { $typeName: "maskwire.v1.EncodeQueued", position: 1, etaMs: 9 } },
  encoding: { case: "encoding", value: { $typeName: "maskwire.v1.EncodeStarted" } },
  draft: { case: "draft", value: create(ImageDraftSchema, { image: { width: 4, height: 3 } }) },
  ready: { case: "ready", value: info },
  missing: { case: "missing", value: { $typeName: "maskwire.v1.ImageMissing" } },
  failed: { case: "failed", value: { $typeName: "maskwire.v1.Error", ...broken } },
} as const;

/** Applies the events; those about the image and its prompts are of the opening at that moment, unless they say another. */
export type Loose =
  | SessionEvent
  | { kind: "image"; news: (typeof news)[keyof typeof news] }
  | { kind: "answered"; result: ReturnType<typeof result> }
  | { kind: "refused"; error: RefusedError }
  | { kind: "finer"; sequence: number; result: ReturnType<typeof result> | undefined }
  | { kind: "recovered" }
  | { kind: "image-gone" };
export function run(
  events: Loose[],
  from: SessionState = initialState,
): { state: SessionState; effects: string[]; last: SessionEffect[] } {
  let state = from;
  let last: SessionEffect[] = [];
  const effects: string[] = [];
  for (const event of events) {
    const opening = "opening" in state ? state.opening : 0;
    [state, last] = step(state, { opening, ...event } as SessionEvent, limits);
    effects.push(...last.map(brief));
  }
  return { state, effects, last };
}

/** An effect in a word or two: what a person would say of it. */
function brief(effect: SessionEffect): string {
  switch (effect.kind) {
    case "send-image":
      return `tell ${effect.news.case}`;
    case "send-result":
      return `answer ${effect.sequence}`;
    case "send-error":
      return `refuse ${effect.sequence} ${ErrorCode[effect.error.code]}`;
    case "send-draft":
      return `sketch ${effect.sequence}`;
    case "decode":
      return `${effect.request.draft ? "draft" : "decode"} ${effect.request.sequence}`;
    case "make-finer":
      return `make ${effect.request.sequence} finer`;
    case "send-finer":
      return `answer ${effect.sequence} finer`;
    case "send-everything":
      return `everything ${effect.event.event.case}`;
    case "send-everything-failed":
      return `everything failed ${ErrorCode[effect.error.code]}`;
    case "find-everything":
      return `find everything ${effect.run}`;
    case "abort-everything":
      return "abort everything";
    default:
      return effect.kind;
  }
}

export const open: SessionEvent = { kind: "open", image: imageA };
export const openOther: SessionEvent = { kind: "open", image: imageB };
export const image = (name: keyof typeof news): Loose => ({ kind: "image", news: news[name] });
export const answered: Loose = { kind: "answered", result: result(1, 2) };
export const refused: Loose = { kind: "refused", error: broken };
/** Its decoder has not, or not any more, what it was to decode on. */
export const lost: Loose = { kind: "refused", error: { code: ErrorCode.NOT_FOUND, message: "Gone.", reason: "" } };
export const detailedClick = (sequence: number, init: PromptInit = {}) =>
  click(sequence, { detail: DetailMode.AUTO, ...init });
export const answeredSmall: Loose = { kind: "answered", result: small(4) };
/** News of what the first click's answer has become. */
export const finer: Loose = { kind: "finer", sequence: 1, result: small(6) };
export const notFiner: Loose = { kind: "finer", sequence: 1, result: undefined };
export const recovered: Loose = { kind: "recovered" };
export const gone: Loose = { kind: "image-gone" };

export const everything = (
  run: number,
  init: MessageInitShape<typeof SegmentEverythingRequestSchema> = {},
): SessionEvent => ({
  kind: "everything",
  run,
  request: create(SegmentEverythingRequestSchema, init),
});
const everythingEvents = {
  progress: { case: "progress", value: { pointsDone: 1, pointsTotal: 2 } },
  done: { case: "done", value: { points: 2 } },
} as const;
/** What is told of the everything mode of that number. */
export const found = (run: number, kind: keyof typeof everythingEvents): SessionEvent => ({
  kind: "everything-event",
  run,
  event: create(SegmentEverythingEventSchema, { event: everythingEvents[kind] }),
});
export const everythingFailed = (run: number): SessionEvent => ({ kind: "everything-ended", run, error: broken });
export const cancelEverything: SessionEvent = { kind: "cancel-everything" };
