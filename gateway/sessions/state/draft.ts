import { ErrorCode, type ImageDraft, type SegmentRequest, type SegmentResult } from "../../../proto/index.js";
import { previousOf } from "../../ask/previous.js";
import { refuse, send, sketch } from "./effects.js";
import * as refusals from "./refusals.js";
import type { AwaitingState, DraftedState, RefusedError, SessionEffect, Step } from "./state.js";

/* While a picture is encoded prompts are answered from its draft: previews for good, clicks until their own answer (V3 to V6). */

export function beginDraft(state: AwaitingState, draft: ImageDraft, told: SessionEffect): Step {
  const reopened = state.kind === "encoding" && state.reopened;
  return pumpDraft(
    { ...state, kind: "drafted", draft, reopened, running: undefined, preview: undefined, sketched: [] },
    [told],
  );
}

/** Sends the next prompt to the decoder when none is there: each click once, in their order, then the preview. */
export function pumpDraft(state: DraftedState, effects: SessionEffect[]): [DraftedState, SessionEffect[]] {
  if (state.running) return [state, effects];
  const { opening, clicks, sketched, preview } = state;
  // V5; what words find is not sketched: it is several objects, or none.
  const click = clicks.find((one) => !sketched.includes(one) && !previousOf(one.prompt) && !one.prompt?.text);
  if (click) {
    return [
      { ...state, running: click, sketched: [...sketched, click] },
      [...effects, { kind: "decode", opening, request: onDraft(click) }],
    ];
  }
  if (!preview) return [state, effects];
  const next = { ...state, preview: undefined };
  if (previousOf(preview.prompt)) return [next, [...effects, refuse(preview, refusals.notForPreview)]];
  return [{ ...next, running: preview }, [...effects, { kind: "decode", opening, request: onDraft(preview) }]];
}

/** A draft is for looking: no logits are made of it, and no files. */
const onDraft = (request: SegmentRequest): SegmentRequest => ({ ...request, draft: true, formats: [] });

export function hearDraft(state: DraftedState, result: SegmentResult): Step {
  const { running } = state;
  if (!running) return [state, []];
  return pumpDraft({ ...state, running: undefined }, [
    running.preview ? send(running, result) : sketch(running, result),
  ]);
}

/** V4: what is wrong with a click its own answer says. */
export function hearDraftRefusal(state: DraftedState, error: RefusedError): Step {
  const { running } = state;
  if (!running) return [state, []];
  if (error.code === ErrorCode.NOT_FOUND) return loseDraft(state);
  return pumpDraft({ ...state, running: undefined }, running.preview ? [refuse(running, error)] : []);
}

/** What its prompt needs beside the draft is not there: words are looked for in the picture itself. */
export function draftUnasked(state: DraftedState): Step {
  const { running } = state;
  if (!running) return [state, []];
  const refused = running.preview ? [refuse(running, refusals.notReady)] : [];
  return pumpDraft({ ...state, running: undefined }, [...abandoned(state), ...refused]);
}

/** V7 */
function loseDraft(state: DraftedState): Step {
  const { image, opening, reopened, clicks, answered, everything } = state;
  const refused = previewsOf(state).map((one) => refuse(one, refusals.notReady));
  return [{ kind: "encoding", image, opening, reopened, clicks, answered, everything }, refused];
}

/** There will be no embedding for now: what the draft was asked is nobody's question any more. */
export function endDraft(state: DraftedState): SessionEffect[] {
  return [...abandoned(state), ...previewsOf(state).map((one) => refuse(one, refusals.notReady))];
}

/** V6: the embedding is there; the latest preview is asked of that. */
export function finishDraft(state: DraftedState): { preview: SegmentRequest | undefined; effects: SessionEffect[] } {
  const [first, second] = previewsOf(state);
  const older = second && first ? [refuse(first, refusals.newerPrompt)] : [];
  return { preview: second ?? first, effects: [...abandoned(state), ...older] };
}

export const abandoned = ({ running }: Pick<DraftedState, "running">): SessionEffect[] =>
  running ? [{ kind: "abandon" }] : [];

/** The older first. */
export function previewsOf({ running, preview }: Pick<DraftedState, "running" | "preview">): SegmentRequest[] {
  return [running?.preview ? running : undefined, preview].filter((one) => one !== undefined);
}
