import { decodeHalf, encodeHalf } from "../../../proto/half-float.js";

/** The protocol's names of the types that values may have on their way. */
export const valueTypes = ["FP32", "FP16"] as const;
export type ValueType = (typeof valueTypes)[number];

const bytesOfValue = { FP32: 4, FP16: 2 } as const satisfies Record<ValueType, number>;

/** The protocol's bytes of values, row by row and little endian; a view of them where they are such bytes already. */
export function bytesOfValues(values: Float32Array, type: ValueType): Uint8Array {
  const typed = type === "FP16" ? encodeHalf(values) : values;
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
}

/** Bytes of such a tensor -> float32 values. @throws RangeError when they are no whole number of values. */
export function valuesOfBytes(bytes: Uint8Array, type: ValueType): Float32Array {
  const size = bytesOfValue[type];
  if (bytes.byteLength % size !== 0) throw new RangeError(`${bytes.byteLength} bytes are no ${type} values`);
  // A message's parts lie anywhere in it, and a Buffer's slice would be a view.
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const count = bytes.byteLength / size;
  return type === "FP16"
    ? decodeHalf(new Uint16Array(buffer, byteOffset, count))
    : new Float32Array(buffer, byteOffset, count);
}
