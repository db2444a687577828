import type { Effect, EventOf } from "./event.js";
import { type Hover, hasPrompts, noHover, overlayOf, type ShownPicture, type Spot, type State } from "./state.js";

/**
 * Previews are for choosing an object: once it has prompts the pointer is about refining it, and a preview would only
 * cover what is there.
 */
export function canPreview(state: State, picture: ShownPicture): boolean {
  return (
    state.link.kind === "open" &&
    picture.kind === "ready" &&
    overlayOf(picture) === undefined &&
    picture.edit.waiting.length === 0 &&
    !hasPrompts(picture.edit.present.prompts)
  );
}

/** At most one preview is asked for at a time; of the spots passed meanwhile only the latest is remembered. */
export function hover(state: State, picture: ShownPicture, spot: Spot): readonly [State, readonly Effect[]] {
  if (!canPreview(state, picture)) return [state, []];
  const { hover: before } = picture.edit;
  if (before.asked !== undefined) return [withHover(state, picture, { ...before, wanted: spot }), []];
  return askAt(state, picture, spot);
}

export function endHover(state: State, picture: ShownPicture): State {
  const { asked, shown, wanted } = picture.edit.hover;
  if (shown === undefined && wanted === undefined && (asked === undefined || asked.stale)) return state;
  return withHover(state, picture, { ...noHover, asked: asked && { ...asked, stale: true } });
}

export function answerPreview(
  before: State,
  picture: ShownPicture,
  { response: { outcome }, atMs }: EventOf<"answer">,
): readonly [State, readonly Effect[]] {
  const state: State = outcome.case === "result" ? { ...before, lastResultAtMs: atMs } : before;
  const { asked, wanted, shown } = picture.edit.hover;
  if (!canPreview(state, picture))
    return [withHover(state, picture, { asked: undefined, wanted: undefined, shown }), []];
  const fresh = asked?.stale === false && outcome.case === "result" ? outcome.value.masks[0] : undefined;
  // A preview that failed is of its moment: the next move of the pointer asks again.
  const answered = withHover(state, picture, { asked: undefined, wanted: undefined, shown: fresh ?? shown });
  if (wanted === undefined || answered.picture.kind === "empty") return [answered, []];
  return askAt(answered, answered.picture, wanted);
}

function askAt(state: State, picture: ShownPicture, spot: Spot): readonly [State, readonly Effect[]] {
  const sequence = state.nextSequence;
  const next = withHover({ ...state, nextSequence: sequence + 1 }, picture, {
    asked: { sequence, stale: false },
    wanted: undefined,
    shown: picture.edit.hover.shown,
  });
  const prompts = { points: [{ ...spot, label: 1 as const }], box: undefined, mask: undefined };
  return [next, [{ kind: "segment", sequence, prompts, preview: true }]];
}

function withHover(state: State, picture: ShownPicture, hover: Hover): State {
  return { ...state, picture: { ...picture, edit: { ...picture.edit, hover } } };
}
