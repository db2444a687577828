import { median } from "../statistics.js";
import type { Engine } from "./engine.js";
import { follow, rlesOf, touchedFrame } from "./follow.js";
import type { FrameMemory } from "./known-frames.js";
import type { OpenSequence } from "./open-sequence.js";
import { type Scores, scoresOf } from "./score.js";

interface Corrected {
  /** Of the frames behind the middle. */
  readonly before: Scores;
  readonly after: Scores;
  /** Median of a step: frames are encoded already. */
  readonly msOfFrame: number;
}

/** So many pixels of the first mask are missing at each of its sides: what follows from it is wrong until a person sees to it. */
const missing = 0.3;

/** Follows what began with half an object, to the end, and again from the middle, where a person gives the true masks. */
export async function correctHalfway(engine: Engine, open: OpenSequence): Promise<Corrected> {
  const { sequence } = open;
  const count = sequence.frames.length;
  const middle = Math.floor(count / 2);
  const behind = range(middle + 1, count - 1);
  const first = touchedFrame(open, 0, missing);
  const masks = new Map<number, FrameMemory["masks"]>();
  for await (const { frame, objects } of follow(engine, open, { touched: [first], frames: range(0, count) })) {
    masks.set(frame, rlesOf(objects, sequence));
  }
  const before = scoresOf(sequence, masks, behind);
  const times: number[] = [];
  const touched = [first, touchedFrame(open, middle)];
  let startedAt = performance.now();
  for await (const { frame, objects } of follow(engine, open, { touched, frames: range(middle, count) })) {
    masks.set(frame, rlesOf(objects, sequence));
    times.push(performance.now() - startedAt);
    startedAt = performance.now();
  }
  return { before, after: scoresOf(sequence, masks, behind), msOfFrame: median(times) };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
