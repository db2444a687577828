import { create } from "@bufbuild/protobuf";
import { decodeHalf, encodeHalf, type LowResLogits, LowResLogitsSchema } from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";
import { readNpy } from "./npy.js";

/** The mask as the model gives it, row by row. */
export function rowsOf(logits: LowResLogits): number[][] {
  const { width, height } = logits;
  const values = floatsOf(logits);
  return Array.from({ length: height }, (_, y) => [...values.subarray(y * width, (y + 1) * width)]);
}

/** All of its numbers. */
export function floatsOf({ data }: LowResLogits): Float32Array {
  // Of its own memory, where halves stand at even places.
  return decodeHalf(new Uint16Array(Uint8Array.from(data).buffer));
}

/** Of a grid that a model has, more than any. */
const mostValues = 1024 * 1024;

/** @param file of `numpy.save`'s, with one square grid. @throws ServiceError INVALID_ARGUMENT for another form. */
export function logitsOfFile(file: Buffer): LowResLogits {
  const { shape, values } = readNpy(file, "mask_input", mostValues);
  const side = shape.at(-1) ?? 0;
  if (shape.at(-2) !== side || values.length !== side * side || !values.every(Number.isFinite)) {
    throw invalidArgument(`mask_input is one square of numbers; this has the shape (${shape.join(", ")}).`);
  }
  return logitsFrom(values, side);
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
  return logitsFrom(Float32Array.from((all as number[][]).flat()), side);
}

const logitsFrom = (values: Float32Array, side: number) =>
  create(LowResLogitsSchema, { width: side, height: side, data: new Uint8Array(encodeHalf(values).buffer) });
