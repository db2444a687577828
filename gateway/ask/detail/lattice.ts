import type { PictureSize, Region } from "../region.js";

/** The finest lattice that parts lie on, in pixels; each coarser one has twice the pitch. */
const finest = 16;
/** The longer side of what is wanted takes so many pitches and up to twice as many: its lattice follows from its size. */
const pitches = 8;

/**
 * The part with its edges on the lattice of its size, or on the picture's, that holds what is wanted: neighbours, and others who
 * look at the same, get the same part.
 */
export function onLattice(wanted: Region, { width, height }: PictureSize): Region {
  const pitch = pitchFor(Math.max(wanted.width, wanted.height));
  const x = Math.max(0, Math.floor(wanted.x / pitch) * pitch);
  const y = Math.max(0, Math.floor(wanted.y / pitch) * pitch);
  const right = Math.min(width, Math.ceil((wanted.x + wanted.width) / pitch) * pitch);
  const bottom = Math.min(height, Math.ceil((wanted.y + wanted.height) / pitch) * pitch);
  return { x, y, width: right - x, height: bottom - y };
}

/** Whether a part is one that `onLattice` gives. */
export function isOnLattice({ x, y, width, height }: Region, picture: PictureSize): boolean {
  const [right, bottom] = [x + width, y + height];
  if (!(width > 0 && height > 0 && right <= picture.width && bottom <= picture.height)) return false;
  // What was wanted is up to two pitches smaller than the part.
  const longer = Math.max(width, height);
  const pitch = [pitchFor(longer), pitchFor(longer) / 2].find(
    (one) =>
      one >= finest &&
      [x, y].every((edge) => edge % one === 0) &&
      (right % one === 0 || right === picture.width) &&
      (bottom % one === 0 || bottom === picture.height),
  );
  return pitch !== undefined;
}

function pitchFor(longer: number): number {
  let pitch = finest;
  while (2 * pitch * pitches <= longer) pitch *= 2;
  return pitch;
}
