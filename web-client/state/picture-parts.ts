import type { Picture } from "./state.js";

/** All that is known of a picture but for what the pointer passes over, for views to be drawn from. */
export function pictureParts(picture: Picture): readonly unknown[] {
  if (picture.kind === "empty") return [];
  const { edit, ...rest } = picture;
  const { hover: _, ...work } = edit;
  return [...Object.values(rest), ...Object.values(work)];
}
