import type { EncoderInterface } from "./pass.js";
import { type FrameSize, probe } from "./probe.js";

/** float32 [3, height, width] -> the embedding float32 [channels, height / cell, width / cell]. */
export type RunEncoder = (planes: Float32Array, frame: FrameSize) => Promise<Float32Array>;

/**
 * The largest differences that pass: of any value from another graph of the same frame, and, as a share of the values'
 * own spread, of the part of a picture's embedding that is far from where its frame is cut. Rounding brings about 1e-6; a smaller
 * frame 0.1 (what it cuts off reaches far, by little); rows taken for columns 1.3.
 */
export const encoderLimits = { values: 1e-3, spread: 0.4 } as const;

/** What an encoder of any frame gives for the probe. */
export interface Probed {
  /** Of a picture that fills the whole frame. */
  readonly full: Float32Array;
  /** Of its top left part, in a frame of its own that is wider than high. */
  readonly part: Float32Array;
}

export interface EncoderParity {
  readonly passed: boolean;
  /** Of the whole frame's embedding from the stock graph's. NaN when a graph gave one. */
  readonly maxDifference: number;
  /** Of a smaller frame's embedding, far from its edges, from the stock graph's; root mean square, by the values' spread. */
  readonly cutDifference: number;
}

/** Sides of the smaller probe, in whole cells: about 0.4 and 0.6 of the frame's. */
export function partOf({ size, grid }: Pick<EncoderInterface, "size" | "grid">): FrameSize {
  const cell = size / grid;
  return { height: cell * Math.ceil(0.4 * grid), width: cell * Math.ceil(0.6 * grid) };
}

/** Of any encoder. @throws Error of the runtime when it does not run. */
export function probeWholeFrame(run: RunEncoder, { size }: EncoderInterface): Promise<Float32Array> {
  const whole = { height: size, width: size };
  return run(probe(whole), whole);
}

/** @throws Error of the runtime when it does not run at a frame. */
export async function probeAnyFrame(run: RunEncoder, encoder: EncoderInterface): Promise<Probed> {
  const part = partOf(encoder);
  return { full: await probeWholeFrame(run, encoder), part: await run(probe(part), part) };
}

/** A graph of any frame against what the stock graph gives for the whole frame's probe. */
export function checkFrame(stock: Float32Array, probed: Probed, encoder: EncoderInterface): EncoderParity {
  const maxDifference = largestDifference(stock, probed.full);
  const cutDifference = differenceInCorner(stock, probed.part, encoder);
  // Written so that NaN does not pass.
  const passed = maxDifference <= encoderLimits.values && cutDifference <= encoderLimits.spread;
  return { passed, maxDifference, cutDifference };
}

/** NaN when they are not of the same length, or hold one. */
export function largestDifference(expected: Float32Array, actual: Float32Array): number {
  if (expected.length !== actual.length) return Number.NaN;
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0);
}

/**
 * Of the two embeddings of the probe, far from where the part is cut: over the first quarter of the part's rows and columns; of what the whole
 * frame gives, the spread of each channel is the unit.
 */
export function differenceInCorner(
  whole: Float32Array,
  part: Float32Array,
  encoder: Pick<EncoderInterface, "size" | "grid">,
): number {
  const { size, grid } = encoder;
  const { height, width } = partOf(encoder);
  const [rows, columns] = [(height * grid) / size, (width * grid) / size];
  const channels = whole.length / grid ** 2;
  if (part.length !== channels * rows * columns) return Number.NaN;
  const [downTo, acrossTo] = [Math.ceil(rows / 4), Math.ceil(columns / 4)];
  let [differences, spread] = [0, 0];
  for (let channel = 0; channel < channels; channel++) {
    let [sum, squares] = [0, 0];
    for (let y = 0; y < downTo; y++) {
      for (let x = 0; x < acrossTo; x++) {
        const value = whole[(channel * grid + y) * grid + x]!;
        differences += (value - part[(channel * rows + y) * columns + x]!) ** 2;
        sum += value;
        squares += value ** 2;
      }
    }
    spread += squares - sum ** 2 / (downTo * acrossTo);
  }
  return Math.sqrt(differences / spread);
}
