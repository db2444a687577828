import type {
  EncodeReady,
  Error as ErrorMessage,
  ImageEvent,
  LowResLogits,
  SegmentRequest,
  SegmentResult,
} from "../../proto/index.js";
import { ErrorCode, MaskFormat, maxFormats } from "../../proto/index.js";

/*
 * What a session knows and does, as a pure function: (state, event) -> [state, effects]. The rules are those of SPEC.md.
 */

export interface OpenedImage {
  imageId: string;
  model: string;
}

/** The latest answered click's logits, for a prompt that starts from one of its masks. */
export interface Answered {
  sequence: number;
  logits: LowResLogits[];
}

interface WithImage {
  image: OpenedImage;
  /** Tells this opening's events from those of one before. */
  opening: number;
  /** Clicks that wait, oldest first. */
  clicks: SegmentRequest[];
  /** Kept while the picture is the same, also over a new upload of it. */
  answered: Answered | undefined;
}

export type SessionState =
  | { kind: "no-image"; opening: number }
  /** Nobody has the picture: the client uploads it and opens it again. */
  | ({ kind: "awaiting-upload" } & WithImage)
  | ({
      kind: "encoding";
      /** Opened again while this was under way: the upload may have come after the encoder looked. */
      reopened: boolean;
    } & WithImage)
  | ({
      kind: "ready";
      info: EncodeReady;
      /** The prompt at the decoder. */
      running: SegmentRequest | undefined;
      preview: SegmentRequest | undefined;
    } & WithImage)
  | { kind: "closed" };

/** Progress of the open image, without its id. */
export type ImageNews = Exclude<ImageEvent["event"], { case: undefined }>;

export type SessionEvent =
  | { kind: "open"; image: OpenedImage }
  | { kind: "prompt"; request: SegmentRequest }
  | { kind: "image"; opening: number; news: ImageNews }
  | { kind: "answered"; opening: number; result: SegmentResult }
  | { kind: "refused"; opening: number; error: RefusedError }
  /** An encode that was told of although the image was ready is over. */
  | { kind: "recovered"; opening: number }
  /** The running click's picture is stored nowhere any more. */
  | { kind: "image-gone"; opening: number }
  /** The click has waited for as long as one may. */
  | { kind: "expired"; sequence: number }
  | { kind: "close" };

export type RefusedError = Pick<ErrorMessage, "code" | "message" | "retryAfterMs" | "reason">;

export type SessionEffect =
  | { kind: "send-image"; imageId: string; news: ImageNews }
  | { kind: "send-result"; sequence: number; result: SegmentResult }
  | { kind: "send-error"; sequence: number; error: RefusedError }
  | { kind: "encode"; opening: number; image: OpenedImage }
  | { kind: "decode"; opening: number; request: SegmentRequest }
  /** The preview at the decoder is not wanted any more: nothing of it may be heard from now on. */
  | { kind: "abandon" }
  /** Whatever is under way for this session is not wanted any more. */
  | { kind: "cancel" };

export interface SessionLimits {
  maxWaitingClicks: number;
  /** Hint for a client whose clicks come too fast. */
  clickRetryMs: number;
}

type Step = [SessionState, SessionEffect[]];

export const initialState: SessionState = { kind: "no-image", opening: 0 };

export function step(state: SessionState, event: SessionEvent, limits: SessionLimits): Step {
  if (state.kind === "closed") return [state, []];
  switch (event.kind) {
    case "close":
      return [{ kind: "closed" }, [{ kind: "cancel" }]];
    case "open":
      return open(state, event.image);
    case "prompt":
      return prompt(state, event.request, limits);
    case "expired":
      return expire(state, event.sequence);
    default:
      // News of an opening that has been replaced.
      if (state.kind === "no-image" || event.opening !== state.opening) return [state, []];
      return hear(state, event);
  }
}

function open(state: Exclude<SessionState, { kind: "closed" }>, image: OpenedImage): Step {
  const opening = state.opening + 1;
  if (state.kind === "no-image" || !isSame(state.image, image)) {
    // I1
    const dropped = state.kind === "no-image" ? [] : unanswered(state).map((request) => refuse(request, otherImage));
    return [
      { kind: "encoding", image, opening, clicks: [], answered: undefined, reopened: false },
      [{ kind: "cancel" }, ...dropped, { kind: "encode", opening, image }],
    ];
  }
  switch (state.kind) {
    case "awaiting-upload":
      // I3
      return [{ ...state, kind: "encoding", opening, reopened: false }, [{ kind: "encode", opening, image }]];
    case "encoding":
      return [{ ...state, reopened: true }, []];
    case "ready":
      return [state, [tellReady(state)]];
  }
}

function prompt(
  state: Exclude<SessionState, { kind: "closed" }>,
  request: SegmentRequest,
  limits: SessionLimits,
): Step {
  if (state.kind === "no-image") return [state, [refuse(request, noImage)]];
  const { image } = state;
  const named: SegmentRequest = {
    ...request,
    imageId: request.imageId.toLowerCase() || image.imageId,
    model: request.model || image.model,
  };
  // C5
  if (!isSame(named, image)) return [state, [refuse(request, notOpen)]];
  // C11
  if (isOfNoAnswer(request)) return [state, [refuse(request, noSequence)]];
  if (request.preview) {
    // P3, P1
    if (state.kind !== "ready") return [state, [refuse(request, notReady)]];
    const replaced = state.preview ? [refuse(state.preview, newerPrompt)] : [];
    return pump({ ...state, preview: named }, replaced);
  }
  // C6
  const waiting = state.clicks.length + (state.kind === "ready" && state.running && !state.running.preview ? 1 : 0);
  if (waiting >= limits.maxWaitingClicks) {
    const message = `${waiting} clicks wait already; send the next when one is answered.`;
    return [
      state,
      [refuse(request, { ...error(ErrorCode.RESOURCE_EXHAUSTED, message), retryAfterMs: limits.clickRetryMs })],
    ];
  }
  const clicks = [...state.clicks, named];
  if (state.kind !== "ready") return [{ ...state, clicks }, []];
  return pump({ ...state, ...withoutPreviews(state), clicks }, replacedPreviews(state));
}

/** C9: the click that runs is about to be answered. */
function expire(state: Exclude<SessionState, { kind: "closed" }>, sequence: number): Step {
  const late = state.kind === "no-image" ? [] : state.clicks.filter((click) => click.sequence === sequence);
  if (state.kind === "no-image" || late.length === 0) return [state, []];
  const clicks = state.clicks.filter((click) => !late.includes(click));
  return [{ ...state, clicks }, late.map((click) => refuse(click, tooLate[state.kind]))];
}

/** A click does not wait for a preview, which at a busy decoder waits for the clicks of everybody (P2). */
const withoutPreviews = ({ running }: Ready): Pick<Ready, "running" | "preview"> => ({
  running: running?.preview ? undefined : running,
  preview: undefined,
});

function replacedPreviews({ running, preview }: Ready): SessionEffect[] {
  const abandoned: SessionEffect[] = running?.preview ? [{ kind: "abandon" }, refuse(running, newerPrompt)] : [];
  return preview ? [...abandoned, refuse(preview, newerPrompt)] : abandoned;
}

type Open = Exclude<SessionState, { kind: "closed" | "no-image" }>;
type Ready = Extract<SessionState, { kind: "ready" }>;

function hear(state: Open, event: Extract<SessionEvent, { opening: number }>): Step {
  switch (event.kind) {
    case "image":
      return hearImage(state, event.news);
    case "answered":
      return hearAnswer(state, event.result);
    case "refused": {
      if (state.kind !== "ready" || !state.running) return [state, []];
      return pump({ ...state, running: undefined }, [refuse(state.running, event.error)]);
    }
    case "recovered":
      // R2: whoever was told of the encode waits to hear its end.
      return [state, state.kind === "ready" ? [tellReady(state)] : []];
    case "image-gone": {
      // R3: the click keeps its place; a preview is of its moment.
      if (state.kind !== "ready") return [state, []];
      const { image, opening, running, preview, answered } = state;
      const clicks = running && !running.preview ? [running, ...state.clicks] : state.clicks;
      const dropped = [running?.preview ? running : undefined, preview].filter((one) => one !== undefined);
      return [
        { kind: "awaiting-upload", image, opening, clicks, answered },
        [tell(state, { case: "missing", value: missing }), ...dropped.map((one) => refuse(one, notReady))],
      ];
    }
  }
}

function hearImage(state: Open, news: ImageNews): Step {
  const told = tell(state, news);
  // Progress of an encode that a click caused (R2) is told while the session stays ready.
  if (state.kind === "ready") return news.case === "queued" || news.case === "encoding" ? [state, [told]] : [state, []];
  const { image, opening, clicks, answered } = state;
  switch (news.case) {
    case "ready":
      return pump(
        {
          kind: "ready",
          image,
          opening,
          clicks,
          answered,
          info: news.value,
          running: undefined,
          preview: undefined,
        },
        [told],
      );
    case "missing":
      if (state.kind === "encoding" && state.reopened) {
        return [{ ...state, reopened: false }, [{ kind: "encode", opening, image }]];
      }
      return [{ kind: "awaiting-upload", image, opening, clicks, answered }, [told]];
    case "failed":
      // I4
      return [{ kind: "no-image", opening }, [told, ...clicks.map((click) => refuse(click, news.value))]];
    default:
      return [state, [told]];
  }
}

function hearAnswer(state: Open, result: SegmentResult): Step {
  if (state.kind !== "ready" || !state.running) return [state, []];
  const { running } = state;
  if (running.preview) return pump({ ...state, running: undefined }, [send(running, result)]);
  const logits = result.masks.map((mask) => mask.lowResLogits).filter((one) => one !== undefined);
  const asked = running.formats.includes(MaskFormat.LOW_RES_LOGITS);
  const shown = asked ? result : { ...result, masks: result.masks.map(({ lowResLogits: _, ...mask }) => mask) };
  const answered = { sequence: running.sequence, logits };
  return pump({ ...state, running: undefined, answered }, [send(running, shown)]);
}

/** Sends the next prompt to the decoder when none is there: clicks in their order (C2), then the preview (P2). */
function pump(state: Ready, effects: SessionEffect[]): Step {
  if (state.running) return [state, effects];
  const { opening, answered } = state;
  const refused: SessionEffect[] = [];
  for (const [index, click] of state.clicks.entries()) {
    const request = withPrevious(click, answered);
    if (!request) {
      // C8
      refused.push(refuse(click, notKept));
      continue;
    }
    // The session keeps the logits of its latest click, so that the next may start from them.
    // One that asks for too many is left as it is, for the decoder to refuse.
    const isFull = request.formats.length > maxFormats;
    const formats = isFull ? request.formats : [...new Set([...request.formats, MaskFormat.LOW_RES_LOGITS])];
    return [
      { ...state, clicks: state.clicks.slice(index + 1), running: click },
      [...effects, ...refused, { kind: "decode", opening, request: { ...request, formats } }],
    ];
  }
  const { preview } = state;
  const request = preview && withoutSteps(withPrevious(preview, answered));
  if (preview && !request) refused.push(refuse(preview, notForPreview));
  if (request) refused.push({ kind: "decode", opening, request });
  return [{ ...state, clicks: [], preview: undefined, running: request && preview }, [...effects, ...refused]];
}

/**
 * The request with `previous` replaced by the logits that it names, or as it is when they can be made again from its steps;
 * undefined when neither is possible.
 */
function withPrevious(request: SegmentRequest, answered: Answered | undefined): SegmentRequest | undefined {
  const source = request.prompt?.mask?.source;
  if (!request.prompt?.mask || source?.case !== "previous") return request;
  const { sequence, mask, steps } = source.value;
  const logits = answered && answered.sequence === sequence ? answered.logits[mask] : undefined;
  if (!logits) return steps.length > 0 ? request : undefined;
  const replaced = { ...request.prompt.mask, source: { case: "lowResLogits" as const, value: logits } };
  return { ...request, prompt: { ...request.prompt, mask: replaced } };
}

function isOfNoAnswer({ prompt }: SegmentRequest): boolean {
  const source = prompt?.mask?.source;
  return source?.case === "previous" && source.value.sequence === undefined;
}

/** P3: nothing when it would have to be made again from its steps. */
function withoutSteps(request: SegmentRequest | undefined): SegmentRequest | undefined {
  return request?.prompt?.mask?.source.case === "previous" ? undefined : request;
}

function unanswered(state: Open): SegmentRequest[] {
  if (state.kind !== "ready") return state.clicks;
  return [state.running, ...state.clicks, state.preview].filter((one) => one !== undefined);
}

const isSame = (a: OpenedImage, b: OpenedImage) => a.imageId === b.imageId && a.model === b.model;

const send = ({ sequence }: SegmentRequest, result: SegmentResult): SessionEffect => ({
  kind: "send-result",
  sequence,
  result,
});
const refuse = ({ sequence }: SegmentRequest, why: RefusedError): SessionEffect => ({
  kind: "send-error",
  sequence,
  error: why,
});
const tell = ({ image }: WithImage, news: ImageNews): SessionEffect => ({
  kind: "send-image",
  imageId: image.imageId,
  news,
});

const tellReady = (state: Ready): SessionEffect =>
  tell(state, { case: "ready", value: { ...state.info, cached: true } });
const missing = { $typeName: "maskwire.v1.ImageMissing" } as const;

const error = (code: ErrorCode, message: string): RefusedError => ({ code, message, reason: "" });
const noImage = error(ErrorCode.FAILED_PRECONDITION, "No picture is open; send open_image first.");
const notOpen = error(ErrorCode.FAILED_PRECONDITION, "The prompt is about another picture or model than the open one.");
const notReady = error(ErrorCode.FAILED_PRECONDITION, "The picture is not ready for previews yet.");
const noSequence = error(
  ErrorCode.INVALID_ARGUMENT,
  "`mask.previous.sequence` is missing; where 0 is meant, 0 must be sent.",
);
const notKept = error(
  ErrorCode.FAILED_PRECONDITION,
  "`previous` names a mask that is not kept, and no steps to make it again; only those of the latest answered click are kept.",
);
const notForPreview = error(
  ErrorCode.FAILED_PRECONDITION,
  "`previous` names a mask that is not kept; it is made again for a click, not for a preview.",
);
const tooLate = {
  "awaiting-upload": error(
    ErrorCode.DEADLINE_EXCEEDED,
    "The click has waited too long for its picture, which nobody has uploaded; upload it and click again.",
  ),
  encoding: error(
    ErrorCode.DEADLINE_EXCEEDED,
    "The click has waited too long for its picture, which is not encoded yet; click again.",
  ),
  ready: error(ErrorCode.DEADLINE_EXCEEDED, "The click has waited too long for those before it; click again."),
};
const otherImage = error(ErrorCode.CANCELLED, "Another picture was opened.");
const newerPrompt = error(ErrorCode.CANCELLED, "A newer prompt took this one's place.");
