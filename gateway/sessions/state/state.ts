import type {
  EncodeReady,
  Error as ErrorMessage,
  ImageDraft,
  ImageEvent,
  LowResLogits,
  SegmentEverythingEvent,
  SegmentEverythingRequest,
  SegmentRequest,
  SegmentResult,
} from "../../../proto/index.js";
import type { DetailPlan } from "../../ask/detail/plan-detail.js";

/*
 * What a session knows, hears and does. The rules are those of SPEC.md; `step` follows them.
 */

export interface OpenedImage {
  imageId: string;
  model: string;
  /** The client understands drafts. */
  drafts: boolean;
}

/** The latest answered click's logits, for a prompt that starts from one of its masks. */
export interface Answered {
  sequence: number;
  logits: LowResLogits[];
  /** Those of its finer answer, once that was given. */
  finer?: LowResLogits[];
}

interface Live {
  /** The everything mode that is under way, by its number (E2). */
  everything: number | undefined;
}

interface WithImage extends Live {
  image: OpenedImage;
  /** Tells this opening's events from those of one before. */
  opening: number;
  /** Clicks that wait, oldest first. */
  clicks: SegmentRequest[];
  /** Kept while the picture is the same, also over a new upload of it. */
  answered: Answered | undefined;
}

export type SessionState =
  | ({ kind: "no-image"; opening: number } & Live)
  /** Nobody has the picture: the client uploads it and opens it again. */
  | ({ kind: "awaiting-upload" } & WithImage)
  | ({
      kind: "encoding";
      /** Opened again while this was under way: the upload may have come after the encoder looked. */
      reopened: boolean;
    } & WithImage)
  /** Encoded still, and prompts are answered from its draft meanwhile. */
  | ({
      kind: "drafted";
      draft: ImageDraft;
      /** As while encoding. */
      reopened: boolean;
      /** The prompt at the decoder. A click waits among the others all the same. */
      running: SegmentRequest | undefined;
      preview: SegmentRequest | undefined;
      /** Clicks that the draft was asked. */
      sketched: SegmentRequest[];
    } & WithImage)
  | ({
      kind: "ready";
      info: EncodeReady;
      /** The prompt at the decoder. */
      running: SegmentRequest | undefined;
      preview: SegmentRequest | undefined;
      /** The answered click whose masks are being made finer (Z1). */
      finer: SegmentRequest | undefined;
    } & WithImage)
  | { kind: "closed" };

export type LiveState = Exclude<SessionState, { kind: "closed" }>;
export type OpenState = Exclude<LiveState, { kind: "no-image" }>;
export type DraftedState = Extract<SessionState, { kind: "drafted" }>;
/** Nothing is answered yet. */
export type AwaitingState = Extract<SessionState, { kind: "awaiting-upload" | "encoding" }>;
export type ReadyState = Extract<SessionState, { kind: "ready" }>;

export const initialState: SessionState = { kind: "no-image", opening: 0, everything: undefined };

/** Progress of the open image, without its id. */
export type ImageNews = Exclude<ImageEvent["event"], { case: undefined }>;

export type RefusedError = Pick<ErrorMessage, "code" | "message" | "retryAfterMs" | "reason">;

export type SessionEvent =
  | { kind: "open"; image: OpenedImage }
  | { kind: "prompt"; request: SegmentRequest }
  /** Everything mode is asked for. `run` is the number that this one has from now on. */
  | { kind: "everything"; run: number; request: SegmentEverythingRequest }
  | { kind: "cancel-everything" }
  | { kind: "everything-event"; run: number; event: SegmentEverythingEvent }
  /** It has failed, or was refused. */
  | { kind: "everything-ended"; run: number; error: RefusedError }
  /** The click has waited for as long as one may. */
  | { kind: "expired"; sequence: number }
  | { kind: "close" }
  | OpeningEvent;

/** What comes of an opening of a picture. */
export type OpeningEvent =
  | { kind: "image"; opening: number; news: ImageNews }
  | { kind: "answered"; opening: number; result: SegmentResult }
  | { kind: "refused"; opening: number; error: RefusedError }
  /** The finer answer of a click; undefined where its first answer stays. */
  | { kind: "finer"; opening: number; sequence: number; result: SegmentResult | undefined }
  /** An encode that was told of although the image was ready is over. */
  | { kind: "recovered"; opening: number }
  /** The picture of a click or of everything mode is stored nowhere any more. */
  | { kind: "image-gone"; opening: number };

export type SessionEffect =
  | { kind: "send-image"; imageId: string; news: ImageNews }
  | { kind: "send-result"; sequence: number; result: SegmentResult }
  /** Of a click whose own answer is to come. */
  | { kind: "send-draft"; sequence: number; result: SegmentResult }
  | { kind: "send-error"; sequence: number; error: RefusedError }
  | { kind: "send-everything"; event: SegmentEverythingEvent }
  | { kind: "send-everything-failed"; error: RefusedError }
  | { kind: "encode"; opening: number; image: OpenedImage }
  /** The open image is ready and nothing waits for it: its decoder may be, too (I7). */
  | { kind: "prepare"; image: OpenedImage }
  | { kind: "decode"; opening: number; request: SegmentRequest }
  /** An answer's masks are to be made finer while nobody clicks. */
  | { kind: "make-finer"; opening: number; request: SegmentRequest; first: SegmentResult; plan: DetailPlan }
  /** What is being made finer is not wanted any more: nothing of it may be heard from now on. */
  | { kind: "abandon-finer" }
  /** A click's second answer. */
  | { kind: "send-finer"; sequence: number; result: SegmentResult }
  | { kind: "find-everything"; run: number; opening: number; request: SegmentEverythingRequest }
  /** The prompt at the decoder is not wanted any more: nothing of it may be heard from now on. */
  | { kind: "abandon" }
  | { kind: "abort-everything" }
  /** Whatever is under way for this session is not wanted any more. */
  | { kind: "cancel" };

export interface SessionLimits {
  maxWaitingClicks: number;
  /** Hint for a client whose clicks come too fast. */
  clickRetryMs: number;
}

export type Step = [SessionState, SessionEffect[]];

/** Nothing waits for its answer (B4). */
export function isIdle(state: SessionState): boolean {
  if (state.kind === "closed") return true;
  if (state.everything !== undefined) return false;
  if (state.kind === "no-image" || state.kind === "awaiting-upload") return true;
  return state.clicks.length === 0 && (state.kind === "encoding" || !state.running);
}

export const isSame = (a: Pick<OpenedImage, "imageId" | "model">, b: OpenedImage) =>
  a.imageId === b.imageId && a.model === b.model;
