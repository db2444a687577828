import { Gear, type Label, ObjectState, PictureState } from "../../../proto/index.js";
import { words } from "../words/words.js";

/** Of what has no label: none of the colours that labels get. */
const noColour = "#8a94a8";

function labelOf(labels: readonly Label[], id: number): Label | undefined {
  return labels.find((label) => label.id === id);
}

export function colourOf(labels: readonly Label[], id: number): string {
  return labelOf(labels, id)?.colour || noColour;
}

export function nameOfLabel(labels: readonly Label[], id: number): string {
  return labelOf(labels, id)?.name ?? words.annotate.noLabel;
}

export const objectStates: readonly (readonly [ObjectState, string])[] = [
  [ObjectState.PROPOSED, words.states.proposed],
  [ObjectState.TO_REVIEW, words.states.toReview],
  [ObjectState.ACCEPTED, words.states.accepted],
  [ObjectState.REJECTED, words.states.rejected],
];

export const pictureStates: readonly (readonly [PictureState, string])[] = [
  [PictureState.OPEN, words.states.open],
  [PictureState.DONE, words.states.done],
  [PictureState.SKIPPED, words.states.skipped],
];

const gears = new Map<Gear, string>([
  [Gear.ASSISTED, words.gears.assisted],
  [Gear.SEMI_AUTOMATIC, words.gears.semiAutomatic],
  [Gear.AUTOMATIC, words.gears.automatic],
  [Gear.IMPORTED, words.gears.imported],
]);

export const nameOfState = (state: ObjectState) => objectStates.find(([one]) => one === state)?.[1] ?? "";
export const nameOfGear = (gear: Gear | undefined) => gears.get(gear ?? Gear.UNSPECIFIED) ?? words.gears.unknown;
