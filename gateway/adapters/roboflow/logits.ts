import { create } from "@bufbuild/protobuf";
import { decodeHalf, encodeHalf, type LowResLogits, LowResLogitsSchema } from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";

/** The mask as the model gives it, row by row. */
export function rowsOf({ width, height, data }: LowResLogits): number[][] {
  // Of its own memory, where halves stand at even places.
  const values = decodeHalf(new Uint16Array(Uint8Array.from(data).buffer));
  return Array.from({ length: height }, (_, y) => [...values.subarray(y * width, (y + 1) * width)]);
}

/** @param rows one square grid, with or without the lists of one around it. @throws ServiceError INVALID_ARGUMENT for another form. */
export function logitsOf(rows: unknown): LowResLogits {
  let grid = rows;
  while (Array.isArray(grid) && grid.length === 1 && Array.isArray(grid[0]?.[0])) grid = grid[0];
  const all = Array.isArray(grid) ? grid : [];
  const side = all.length;
  const isGrid =
    side > 0 && all.every((row) => Array.isArray(row) && row.length === side && row.every(Number.isFinite));
  if (!isGrid) throw invalidArgument("mask_input is a square of numbers, row by row.");
  const { buffer } = encodeHalf(Float32Array.from((all as number[][]).flat()));
  return create(LowResLogitsSchema, { width: side, height: side, data: new Uint8Array(buffer) });
}
