import type { Nearest } from "./nearest.js";

/** From such a label on a cell counts as the object's. */
const ownFrom = 0.4;
/** A cosine that may be chance. */
const slack = 0.05;

/**
 * How surely each cell is what its label says. What turns shows sides that were never seen: such cells are like nothing, and that they are
 * called something else says little. A cell is sure that is as like the memory as the frame is on the whole, and unsure that is less
 * so than the object's own cells are.
 * @param labels of the frame's cells, 0 to 1. @param typical how like the memory the frame is on the whole.
 * @returns float32 [labels.length], 0 to 1: of cells that were not looked for 1, for those are surely something else.
 */
export function surenessOf(nearest: Nearest, labels: Float32Array, typical: number): Float32Array {
  const { cells, likeness, count } = nearest;
  let [sum, own] = [0, 0];
  for (const [index, cell] of cells.entries()) {
    if (labels[cell]! <= ownFrom) continue;
    sum += likeness[index * count]!;
    own++;
  }
  const sure = new Float32Array(labels.length).fill(1);
  if (own === 0) return sure;
  const ofOwn = sum / own;
  const span = Math.max(typical - ofOwn, 0) + slack;
  for (const [index, cell] of cells.entries()) {
    // Squared: what is half way is edges, and rather unsure.
    sure[cell] = Math.min(Math.max((likeness[index * count]! - ofOwn + slack) / span, 0), 1) ** 2;
  }
  return sure;
}
