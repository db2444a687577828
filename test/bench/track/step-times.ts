import { median } from "../statistics.js";
import type { Engine } from "./engine.js";
import { type FollowedFrame, follow, touchedFrame } from "./follow.js";
import { openSequence } from "./open-sequence.js";
import type { Sequence } from "./sequence.js";

interface StepTimes {
  readonly encodeMs: number;
  /** A step with one object, and what another one adds to it. */
  readonly stepMs: number;
  readonly objectMs: number;
  /** Of a step with one object. */
  readonly stages: Readonly<Record<string, number>>;
}

/** Medians of a sequence of two objects, followed with the first alone and with both; encodes and steps take turns. */
export async function stepTimes(engine: Engine, sequence: Sequence): Promise<StepTimes> {
  const encodes: number[] = [];
  const run = async (objects: number): Promise<FollowedFrame[]> => {
    const open = await openSequence(engine, { ...sequence, objects });
    const frames = sequence.frames.map((_, at) => at);
    const found: FollowedFrame[] = [];
    for await (const one of follow(engine, open, { touched: [touchedFrame(open, 0)], frames })) {
      found.push(one);
      const startedAt = performance.now();
      await engine.embeddings.encode(sequence.frames[one.frame]!.bytes);
      encodes.push(performance.now() - startedAt);
    }
    return found;
  };
  const total = ({ ms }: FollowedFrame) => Object.values(ms).reduce((sum, one) => sum + one, 0);
  const [alone, both] = [await run(1), await run(2)];
  const stepMs = median(alone.map(total));
  const stage = (name: keyof FollowedFrame["ms"]) => median(alone.map(({ ms }) => ms[name]));
  return {
    encodeMs: median(encodes),
    stepMs,
    objectMs: median(both.map(total)) - stepMs,
    stages: { carry: stage("carry"), prepare: stage("prepare"), paint: stage("paint") },
  };
}
