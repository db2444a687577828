import type { EventOf } from "./event.js";
import type { State } from "./state.js";
import { emptyEdit, type SceneObject, type Step } from "./work.js";

/**
 * Puts finished objects onto a picture that come from elsewhere, below those that are there, or in the place of those with
 * their ids. They were not made here: no step of the history is without them, and undo takes none away.
 */
export function layObjects(state: State, { token, objects, gone = [] }: EventOf<"objects-laid">): State {
  const into = (step: Step): Step => ({ ...step, objects: withLaid(step.objects, objects, gone) });
  const { picture } = state;
  if (picture.kind !== "empty" && picture.info.token === token) {
    const { edit } = picture;
    const laid = { ...edit, past: edit.past.map(into), present: into(edit.present), future: edit.future.map(into) };
    return { ...state, picture: { ...picture, edit: laid } };
  }
  const strip = state.strip.map((entry) => {
    if (entry.token !== token) return entry;
    const { edit, everything } = entry.work ?? { edit: emptyEdit, everything: { kind: "off" } as const };
    const laid = { ...edit, past: edit.past.map(into), present: into(edit.present), future: edit.future.map(into) };
    return { ...entry, work: { edit: laid, everything } };
  });
  return { ...state, strip };
}

function withLaid(
  before: readonly SceneObject[],
  laid: readonly SceneObject[],
  gone: readonly number[],
): readonly SceneObject[] {
  const kept = before
    .filter(({ id }) => !gone.includes(id))
    .map((object) => laid.find(({ id }) => id === object.id) ?? object);
  return [...laid.filter(({ id }) => !before.some((object) => object.id === id)), ...kept];
}
