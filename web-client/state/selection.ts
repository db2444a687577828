import type { State } from "./state.js";

/** More than two objects cannot be combined at once. */
const mostSelected = 2;

export type SelectionEvent =
  /** Or no longer selected. */
  { readonly kind: "object-selected"; readonly id: number };

export function select(state: State, { id }: SelectionEvent): State {
  const { selection } = state;
  return {
    ...state,
    selection: selection.includes(id)
      ? selection.filter((other) => other !== id)
      : [...selection, id].slice(-mostSelected),
  };
}

/** Only what is there can be selected. */
export function withoutGone(state: State): State {
  const { picture, selection } = state;
  if (selection.length === 0) return state;
  const objects = picture.kind === "empty" ? [] : picture.edit.present.objects;
  const left = selection.filter((id) => objects.some((object) => object.id === id));
  return left.length === selection.length ? state : { ...state, selection: left };
}
