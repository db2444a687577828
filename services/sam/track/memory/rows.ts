import type { MemoryConstants } from "./constants.js";
import { temporalEncoding } from "./temporal-encoding.js";

/** Rows of the memory, and what says where and when each is: float32 [rows, width] each. */
export interface Rows {
  readonly values: Float32Array;
  readonly positions: Float32Array;
}

/**
 * Mask memories as the attention takes them, one after the other. @param masks float32 [rows, width] each.
 * @param positions float32 [rows, width]: where each row is, of every mask alike.
 */
export function maskRows(
  masks: readonly { readonly values: Float32Array; readonly encoding: number }[],
  positions: Float32Array,
  { temporal }: Pick<MemoryConstants, "temporal">,
  width: number,
): Rows {
  return {
    values: joined(masks.map(({ values }) => values)),
    positions: joined(
      masks.map(({ encoding }) => plusEach(positions, temporal.subarray(encoding * width, (encoding + 1) * width))),
    ),
  };
}

/** Pointers as the attention takes them: each is several rows of the memory's width, all of one time. @param pointers float32 [channels] each. */
export function pointerRows(
  pointers: readonly { readonly values: Float32Array; readonly distance: number }[],
  { pointerTime }: Pick<MemoryConstants, "pointerTime">,
  width: number,
): Rows {
  const positions = pointers.flatMap(({ values, distance }) => {
    const time = pointerTime ? temporalEncoding(distance, pointerTime) : new Float32Array(width);
    return Array<Float32Array>(values.length / width).fill(time);
  });
  return { values: joined(pointers.map(({ values }) => values)), positions: joined(positions) };
}

/** Adds a row to each row. */
export function plusEach(rows: Float32Array, row: Float32Array): Float32Array {
  return rows.map((value, at) => value + row[at % row.length]!);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
