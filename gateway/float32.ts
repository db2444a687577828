/** Whether the contract's floats have room for a number: what is beyond them cannot be written, and NaN is nowhere. */
export const isFloat32 = (value: number) => Number.isFinite(Math.fround(value));
