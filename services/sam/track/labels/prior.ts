import { contentGrid, type Frame } from "../../frame.js";
import type { CellGrid, Nearest } from "./nearest.js";

/** Of the softmax over likeness: what is so much less alike counts 2.7 times less. */
const temperature = 0.06;

/**
 * How much of each cell is the object, as the cells of the memory say that are like it: labels carried from frame to frame by
 * likeness (as Jabri, Owens and Efros evaluate features in "Space-Time Correspondence as a Contrastive Random Walk", 2020).
 * @param labels of all cells of the memory, 0 to 1. @param count of the frame's cells: those that were not looked for have nothing.
 * @returns float32 [count], 0 to 1.
 */
export function carriedLabels(nearest: Nearest, labels: Float32Array, count: number): Float32Array {
  const { likeness, places, cells, count: each } = nearest;
  const carried = new Float32Array(count);
  for (let index = 0; index < cells.length; index++) {
    const best = likeness[index * each]!;
    let [sum, weights] = [0, 0];
    for (let at = index * each; at < (index + 1) * each && places[at]! >= 0; at++) {
      const weight = Math.exp((likeness[at]! - best) / temperature);
      sum += weight * labels[places[at]!]!;
      weights += weight;
    }
    carried[cells[index]!] = weights > 0 ? sum / weights : 0;
  }
  return carried;
}

/** Cells -> the grid of mask logits, bilinear between their middles; 0 outside the picture. @returns float32 [gridSize, gridSize]. */
export function onMaskGrid(cells: Float32Array, grid: CellGrid, frame: Frame): Float32Array {
  const { gridSize } = frame;
  const content = contentGrid(frame);
  const across = places(content.columns, grid.columns);
  const down = places(content.rows, grid.rows);
  const spread = new Float32Array(gridSize ** 2);
  for (let y = 0; y < content.rows; y++) {
    const [above, below] = [down.from[y]! * grid.columns, down.to[y]! * grid.columns];
    const part = down.part[y]!;
    for (let x = 0; x < content.columns; x++) {
      const [left, right] = [across.from[x]!, across.to[x]!];
      const share = across.part[x]!;
      const upper = cells[above + left]! * (1 - share) + cells[above + right]! * share;
      const lower = cells[below + left]! * (1 - share) + cells[below + right]! * share;
      spread[y * gridSize + x] = upper * (1 - part) + lower * part;
    }
  }
  return spread;
}

/** Where each of `count` places lies between the middles of `cells`. */
function places(count: number, cells: number) {
  const from = new Uint32Array(count);
  const to = new Uint32Array(count);
  const part = new Float32Array(count);
  for (let at = 0; at < count; at++) {
    const place = Math.min(Math.max(((at + 0.5) * cells) / count - 0.5, 0), cells - 1);
    from[at] = Math.floor(place);
    to[at] = Math.min(from[at]! + 1, cells - 1);
    part[at] = place - from[at]!;
  }
  return { from, to, part };
}

/** Of several objects each place is the one's that has most of it: the others have nothing there. Changes the priors. */
export function toOneEach(priors: readonly Float32Array[]): void {
  if (priors.length < 2) return;
  const [{ length }] = priors as [Float32Array];
  // One after the other, as they lie in memory.
  const most = new Float32Array(length);
  const owners = new Uint16Array(length);
  for (const [object, prior] of priors.entries()) {
    for (let at = 0; at < length; at++) {
      if (prior[at]! <= most[at]!) continue;
      most[at] = prior[at]!;
      owners[at] = object;
    }
  }
  for (const [object, prior] of priors.entries()) {
    for (let at = 0; at < length; at++) if (owners[at] !== object) prior[at] = 0;
  }
}
