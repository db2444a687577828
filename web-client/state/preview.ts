import { ErrorCode } from "../../proto/index.js";
import type { Spot } from "../geometry/spot.js";
import { pixelAt } from "../geometry/viewport.js";
import { isDue, mostUnderWay, timed } from "../sdk/session/preview-pace.js";
import { hasPrompts, noPrompts, type PromptPoint, type Prompts } from "../sdk/session/prompts.js";
import { promptsFor } from "./as-asked.js";
import { isAnswering } from "./drafts.js";
import { addPoint, refine, staled } from "./edit.js";
import type { Effect, EventOf } from "./event.js";
import { toolInUse } from "./pointed.js";
import { overlayOf, type ShownPicture, type State } from "./state.js";
import { type AskedPreview, type Hover, noHover } from "./work.js";

/** Two frames: a person sees no difference. */
const nearMs = 33;

/**
 * Previews are for choosing an object: once it has prompts the pointer is about refining it, and a preview would only
 * cover what is there.
 */
function canPreview(state: State, picture: ShownPicture): boolean {
  return (
    state.link.kind === "open" &&
    isAnswering(picture) &&
    overlayOf(picture) === undefined &&
    picture.edit.waiting.length === 0 &&
    !hasPrompts(picture.edit.present.prompts)
  );
}

/**
 * A click is known a tenth of a second before it is made, since a press takes that long: what it will ask is asked already, and
 * mostly found out by then.
 */
export function press(
  state: State,
  picture: ShownPicture,
  { x, y, label, atMs }: EventOf<"press">,
): readonly [State, readonly Effect[]] {
  const { edit } = picture;
  if (state.link.kind !== "open" || edit.waiting.length > 0) return [state, []];
  const isFirst = canPreview(state, picture);
  // What starts from a mask waits for the picture.
  if (!isFirst && picture.kind !== "ready") return [state, []];
  const at = { x, y, label };
  if (isFirst && (label === 0 || isSamePoint(edit.hover.at, at))) return [state, []];
  return ask(state, picture, refine(edit.present, at, state.models.chosen), { at, stale: !isFirst, atMs });
}

function isSamePoint(a: PromptPoint | undefined, b: PromptPoint | undefined): boolean {
  return a !== undefined && b !== undefined && a.x === b.x && a.y === b.y && a.label === b.label;
}

/**
 * A click whose preview has come is answered without a run of the model. To draw that it waits would take longer than that,
 * and hold its mask up.
 * @returns for how many more milliseconds there is nothing to be drawn but the answer; 0 when there is.
 */
export function answerIsNearMs({ picture, previewing }: State, atMs: number): number {
  if (picture.kind !== "ready" || !picture.edit.hover.isFound) return 0;
  const [click, ...more] = picture.edit.waiting;
  if (click?.sentAtMs === undefined || more.length > 0) return 0;
  if (!isSamePoint(picture.edit.hover.at, click.prompts.points.at(-1))) return 0;
  if (previewing.wayMs === undefined || previewing.wayMs > nearMs) return 0;
  return Math.max(0, click.sentAtMs + nearMs - atMs);
}

/**
 * Prompts are answered from now on, or better than before: what the pointer rests on is asked, and what a draft has shown of it is
 * asked again.
 */
export function previewAtRest(state: State, atMs: number): readonly [State, readonly Effect[]] {
  const { picture, pointing, viewport } = state;
  if (picture.kind === "empty" || !canPreview(state, picture) || toolInUse(state) !== "click") return [state, []];
  const { hover } = picture.edit;
  const isResting = pointing.place !== undefined && pointing.grip === undefined && pointing.gesture.kind === "idle";
  // One that is on its way is answered as well as can be by then.
  if (!isResting || hover.asked.length > 0) return [state, []];
  return askAt(state, picture, hover.at ?? pixelAt(viewport, picture.info, pointing.place), atMs);
}

/** With as many on their way as may be, only the latest of the spots that are passed is remembered. */
export function hover(
  state: State,
  picture: ShownPicture,
  { x, y, atMs }: EventOf<"hover">,
): readonly [State, readonly Effect[]] {
  if (!canPreview(state, picture)) return [state, []];
  const spot = { x, y };
  const { hover: before } = picture.edit;
  if (before.asked.length >= mostUnderWay[state.previewing.place])
    return [withHover(state, picture, { ...before, wanted: spot }), []];
  return isDue(state.previewing, atMs) ? askAt(state, picture, spot, atMs) : [state, []];
}

export function endHover(state: State, picture: ShownPicture): State {
  const { edit } = picture;
  const { asked, shown, wanted, at } = edit.hover;
  // A finger leaves with its click, whose placeholder stays.
  if (edit.waiting.length > 0) return state;
  if (shown === undefined && wanted === undefined && at === undefined && asked.every((one) => one.stale)) return state;
  return withHover(state, picture, { ...noHover, asked: staled(asked) });
}

export function answerPreview(
  before: State,
  picture: ShownPicture,
  { response: { sequence, outcome }, place = "server", atMs }: EventOf<"answer">,
): readonly [State, readonly Effect[]] {
  const { edit } = picture;
  const { asked, wanted, shown } = edit.hover;
  const question = asked.find((one) => one.sequence === sequence);
  const result = outcome.case === "result" ? outcome.value : undefined;
  // A mask is newer than those that are still on their way from before.
  const left = asked.filter((one) => (result === undefined ? one.sequence !== sequence : one.sequence > sequence));
  const isDraft = result?.draft === true;
  // While a picture is encoded the service has more to do than answer.
  const state =
    question === undefined || isDraft
      ? before
      : { ...before, previewing: timed(before.previewing, question.atMs, outcome, place, atMs) };
  // From the other place it says nothing of what is known here.
  const isLatest = result !== undefined && !isDraft && question === asked.at(-1) && place === before.previewing.place;
  const hover = { ...edit.hover, asked: left, wanted: undefined, isFound: edit.hover.isFound || isLatest };
  if (!canPreview(state, picture)) return [withHover(state, picture, hover), []];
  const fresh = question?.stale === false ? result?.masks[0] : undefined;
  const found = fresh === undefined ? { ...hover, shown } : { ...hover, shown: fresh, isDraft };
  const answered = withHover(state, picture, found);
  // One that failed is of its moment: the next move of the pointer asks again.
  const hasFailed = outcome.case === "error" && outcome.value.code !== ErrorCode.CANCELLED;
  if (wanted === undefined || hasFailed || answered.picture.kind === "empty" || !isDue(answered.previewing, atMs)) {
    return [answered, []];
  }
  if (left.length >= mostUnderWay[state.previewing.place]) return [withHover(state, picture, { ...found, wanted }), []];
  return askAt(answered, answered.picture, wanted, atMs);
}

function askAt(state: State, picture: ShownPicture, spot: Spot, atMs: number): readonly [State, readonly Effect[]] {
  const at = { ...spot, label: 1 } as const;
  return ask(state, picture, addPoint(noPrompts, at), { at, stale: false, atMs });
}

function ask(
  state: State,
  picture: ShownPicture,
  prompts: Prompts,
  { at, ...asked }: Omit<AskedPreview, "sequence"> & { at: PromptPoint },
): readonly [State, readonly Effect[]] {
  const sequence = state.nextSequence;
  const { hover } = picture.edit;
  const previewing = { ...state.previewing, lastAskedAtMs: asked.atMs };
  const next = withHover({ ...state, nextSequence: sequence + 1, previewing }, picture, {
    ...hover,
    asked: [...hover.asked, { sequence, ...asked }],
    wanted: undefined,
    at,
    isFound: false,
  });
  return [next, [{ kind: "segment", sequence, prompts: promptsFor(state.models, prompts), preview: true }]];
}

function withHover(state: State, picture: ShownPicture, hover: Hover): State {
  return { ...state, picture: { ...picture, edit: { ...picture.edit, hover } } };
}
