import { MaskFormat, maxFormats, type SegmentRequest, type SegmentResult } from "../../../proto/index.js";
import { asAsked } from "../../ask/detail/with-detail.js";
import { previousOf } from "../../ask/previous.js";
import { abandoned, hearDraft, hearDraftRefusal, previewsOf, pumpDraft } from "./draft.js";
import { refuse, send } from "./effects.js";
import { abandonFiner, beginFiner, withoutFiner } from "./finer.js";
import { withPrevious } from "./previous.js";
import * as refusals from "./refusals.js";
import {
  type DraftedState,
  isSame,
  type LiveState,
  type OpenState,
  type ReadyState,
  type RefusedError,
  type SessionEffect,
  type SessionLimits,
  type Step,
} from "./state.js";

export function prompt(state: LiveState, request: SegmentRequest, limits: SessionLimits): Step {
  if (state.kind === "no-image") return [state, [refuse(request, refusals.noImage)]];
  const { image } = state;
  const named: SegmentRequest = {
    ...request,
    imageId: request.imageId.toLowerCase() || image.imageId,
    model: request.model || image.model,
    // V8
    draft: false,
  };
  // C5
  if (!isSame(named, image)) return [state, [refuse(request, refusals.notOpen)]];
  // Z8
  if (request.crop) return [state, [refuse(request, refusals.cropIsOurs)]];
  // C11
  const previous = previousOf(request.prompt);
  if (previous && previous.sequence === undefined) return [state, [refuse(request, refusals.noSequence)]];
  return request.preview ? preview(state, named) : click(state, named, limits);
}

/** P3, P1 */
function preview(state: OpenState, request: SegmentRequest): Step {
  if (!canAnswer(state)) return [state, [refuse(request, refusals.notReady)]];
  const replaced = state.preview ? [refuse(state.preview, refusals.newerPrompt)] : [];
  return pumpAny({ ...state, preview: request }, replaced);
}

/** Whether prompts are answered, if from a draft. */
const canAnswer = (state: OpenState): state is ReadyState | DraftedState =>
  state.kind === "ready" || state.kind === "drafted";

const pumpAny = (state: ReadyState | DraftedState, effects: SessionEffect[]): Step =>
  state.kind === "ready" ? pump(state, effects) : pumpDraft(state, effects);

function click(state: OpenState, request: SegmentRequest, limits: SessionLimits): Step {
  // C6
  const waiting = state.clicks.length + (state.kind === "ready" && state.running && !state.running.preview ? 1 : 0);
  if (waiting >= limits.maxWaitingClicks) {
    return [state, [refuse(request, refusals.tooMany(waiting, limits.clickRetryMs))]];
  }
  const clicks = [...state.clicks, request];
  if (!canAnswer(state)) return [{ ...state, clicks }, []];
  const replaced = [...replacedPreviews(state), ...abandonFiner(state)];
  return pumpAny({ ...withoutFiner(state), ...withoutPreviews(state), clicks }, replaced);
}

/** A click does not wait for a preview, which at a busy decoder waits for the clicks of everybody (P2). */
const withoutPreviews = ({ running }: AtDecoder): AtDecoder => ({
  running: running?.preview ? undefined : running,
  preview: undefined,
});

type AtDecoder = Pick<ReadyState, "running" | "preview">;

function replacedPreviews(state: AtDecoder): SessionEffect[] {
  const refused = previewsOf(state).map((one) => refuse(one, refusals.newerPrompt));
  return state.running?.preview ? [{ kind: "abandon" }, ...refused] : refused;
}

/** C9: the click that runs is about to be answered. */
export function expire(state: LiveState, sequence: number): Step {
  if (state.kind === "no-image") return [state, []];
  const late = state.clicks.filter((one) => one.sequence === sequence);
  if (late.length === 0) return [state, []];
  const clicks = state.clicks.filter((one) => !late.includes(one));
  const refused = late.map((one) => refuse(one, refusals.tooLate[state.kind]));
  if (state.kind !== "drafted" || !state.running || !late.includes(state.running))
    return [{ ...state, clicks }, refused];
  return pumpDraft({ ...state, clicks, running: undefined }, [...abandoned(state), ...refused]);
}

export function hearAnswer(state: OpenState, result: SegmentResult): Step {
  if (state.kind === "drafted") return hearDraft(state, result);
  if (state.kind !== "ready" || !state.running) return [state, []];
  const { running } = state;
  if (running.preview) return pump({ ...state, running: undefined }, [send(running, result)]);
  const logits = result.masks.map((mask) => mask.lowResLogits).filter((one) => one !== undefined);
  const answered = { sequence: running.sequence, logits };
  const [pumped, effects] = pump({ ...state, running: undefined, answered }, [send(running, asAsked(running, result))]);
  const [next, more] = beginFiner(pumped, running, result);
  return [next, [...effects, ...more]];
}

export function hearRefusal(state: OpenState, error: RefusedError): Step {
  if (state.kind === "drafted") return hearDraftRefusal(state, error);
  if (state.kind !== "ready" || !state.running) return [state, []];
  return pump({ ...state, running: undefined }, [refuse(state.running, error)]);
}

/** Sends the next prompt to the decoder when none is there: clicks in their order (C2), then the preview (P2). */
export function pump(state: ReadyState, effects: SessionEffect[]): [ReadyState, SessionEffect[]] {
  if (state.running) return [state, effects];
  const { opening, answered } = state;
  const refused: SessionEffect[] = [];
  for (const [index, one] of state.clicks.entries()) {
    const request = withPrevious(one, answered);
    if (!request) {
      // C8
      refused.push(refuse(one, refusals.notKept));
      continue;
    }
    return [
      { ...state, clicks: state.clicks.slice(index + 1), running: one },
      [...effects, ...refused, { kind: "decode", opening, request: withLogits(request) }],
    ];
  }
  const { preview } = state;
  const request = preview && withPrevious(preview, answered);
  // P3: not worth its steps.
  const isKept = request && !previousOf(request.prompt);
  if (preview && !isKept) refused.push(refuse(preview, refusals.notForPreview));
  if (isKept) refused.push({ kind: "decode", opening, request });
  return [
    { ...state, clicks: [], preview: undefined, running: isKept ? preview : undefined },
    [...effects, ...refused],
  ];
}

/**
 * The session keeps the logits of its latest click, so that the next may start from them. One that asks for too many forms is
 * left as it is, for the decoder to refuse.
 */
function withLogits(request: SegmentRequest): SegmentRequest {
  if (request.formats.length > maxFormats) return request;
  return { ...request, formats: [...new Set([...request.formats, MaskFormat.LOW_RES_LOGITS])] };
}

export function unanswered(state: OpenState): SegmentRequest[] {
  if (state.kind === "drafted") return [...state.clicks, ...previewsOf(state)];
  if (state.kind !== "ready") return state.clicks;
  return [state.running, ...state.clicks, state.preview].filter((one) => one !== undefined);
}
