import type { Product } from "./axes.js";
import { type CellGrid, Nearest } from "./nearest.js";
import { carriedLabels } from "./prior.js";
import { surenessOf } from "./sureness.js";
import { type ComparedFrame, rowsAt, wantedCells } from "./wanted-cells.js";

/** So far, in cells, a thing moves in the few frames since one of the recent ones. */
const recentRadius = 12;
/** Every third cell of every third row says how alike two frames are. */
const likenessStep = 3;

/** A frame whose masks are known. */
interface MemoryFrame {
  /** float32 [cells, width], as `comparable` makes them by the same axes. */
  readonly cells: Float32Array;
  /** A person touched it: it is searched all over; others only near where a thing was. */
  readonly everywhere: boolean;
}

/** An object, and what is known of it. */
export interface TrackedObject {
  readonly id: number;
  /** Where it was: a frame by its place in the memory, and how much of each cell is the object, 0 to 1. */
  readonly known: readonly { readonly frame: number; readonly labels: Float32Array }[];
}

/** What the cells of a frame are by those of its memory that they are like. */
interface Carried {
  /** In the objects' order: float32 [cells], how much of each is the object, 0 to 1. */
  readonly labels: readonly Float32Array[];
  /** In the same order: float32 [cells], how surely; see `surenessOf`. */
  readonly sureness: readonly Float32Array[];
  /** How alike the frame is to the last of its memory: next to nothing across a cut. At most 1; of noise it may be a little below 0. */
  readonly likeness: number;
}

/** @param own float32 [cells, width] of the frame. @param memory the most recent last. */
export async function carryLabels(
  product: Product,
  grid: CellGrid,
  own: Float32Array,
  memory: readonly MemoryFrame[],
  objects: readonly TrackedObject[],
): Promise<Carried> {
  const cells = grid.columns * grid.rows;
  const width = own.length / cells;
  const compared = memory.map(({ cells: known, everywhere }, frame): ComparedFrame => {
    const radius = everywhere ? Number.POSITIVE_INFINITY : recentRadius;
    return { cells: known, radius, shown: shownIn(frame, objects, cells) };
  });
  const wanted = await wantedCells(own, grid, compared, product);
  const groups = groupsOf(objects);
  const nearest = groups.map(() => new Nearest(grid, wanted));
  const asked = rowsAt(own, wanted, width);
  const first = Math.floor((wanted[0] ?? 0) / grid.columns);
  const last = Math.floor((wanted.at(-1) ?? 0) / grid.columns);
  // The most recent first: little of what is searched all over is more alike, and has to be entered then.
  for (const [frame, { cells: known, radius }] of [...compared.entries()].reverse()) {
    if (wanted.length === 0) break;
    const band = { top: Math.max(0, first - radius), bottom: Math.min(grid.rows, last + radius + 1) };
    const rows = known.subarray(band.top * grid.columns * width, band.bottom * grid.columns * width);
    const cosines = await product(asked, rows, width);
    for (const [at, { frames }] of groups.entries()) {
      const place = frames.indexOf(frame);
      if (place >= 0) nearest[at]!.look(cosines, band, place * cells, radius);
    }
  }
  const likeness = await likenessOf(product, grid, own, memory.at(-1));
  const found = new Map<TrackedObject, { labels: Float32Array; sureness: Float32Array }>();
  for (const [at, group] of groups.entries()) {
    for (const object of group.objects) {
      const known = new Float32Array(group.frames.length * cells);
      for (const [place, one] of object.known.entries()) known.set(one.labels, place * cells);
      const labels = carriedLabels(nearest[at]!, known, cells);
      found.set(object, { labels, sureness: surenessOf(nearest[at]!, labels, likeness) });
    }
  }
  return {
    labels: objects.map((object) => found.get(object)!.labels),
    sureness: objects.map((object) => found.get(object)!.sureness),
    likeness,
  };
}

/** Cells of a frame that are one of the objects', if in part. */
function shownIn(frame: number, objects: readonly TrackedObject[], cells: number): Uint32Array {
  const shown = new Uint8Array(cells);
  for (const { known } of objects) {
    for (const { frame: at, labels } of known) {
      if (at === frame) for (let cell = 0; cell < cells; cell++) if (labels[cell]! > 0) shown[cell] = 1;
    }
  }
  return Uint32Array.from(shown.keys()).filter((cell) => shown[cell] === 1);
}

/** Objects that are known from the same frames are looked for together. */
function groupsOf(objects: readonly TrackedObject[]): { frames: number[]; objects: TrackedObject[] }[] {
  const groups = new Map<string, { frames: number[]; objects: TrackedObject[] }>();
  for (const object of objects) {
    const frames = object.known.map(({ frame }) => frame);
    const key = frames.join();
    const group = groups.get(key) ?? { frames, objects: [] };
    group.objects.push(object);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The mean, over some of the cells, of the most that each is like one near its place in the other frame. */
async function likenessOf(
  product: Product,
  grid: CellGrid,
  own: Float32Array,
  other: MemoryFrame | undefined,
): Promise<number> {
  if (!other) return 0;
  const { columns, rows } = grid;
  const cells = Uint32Array.from({ length: columns * rows }, (_, cell) => cell).filter(
    (cell) => (cell % columns) % likenessStep === 0 && Math.floor(cell / columns) % likenessStep === 0,
  );
  const width = own.length / (columns * rows);
  const nearest = new Nearest(grid, cells);
  const cosines = await product(rowsAt(own, cells, width), other.cells, width);
  nearest.look(cosines, { top: 0, bottom: rows }, 0, recentRadius);
  let sum = 0;
  for (let at = 0; at < cells.length; at++) sum += nearest.likeness[at * nearest.count]!;
  return sum / cells.length;
}
