import { create } from "@bufbuild/protobuf";

import {
  bitmapToRle,
  decodeRle,
  encodeRle,
  type KnownPicture,
  type MaskRuns,
  type Rle,
  RleSchema,
  rleBoundingBox,
  rleToBitmap,
} from "../../../proto/index.js";
import { followLabels } from "../../../services/decoder/track/follow-labels.js";
import { ComparedFrames } from "../../../services/decoder/worker/compared-frames.js";
import type { CarryTask, DecoderTask, OtherPicture } from "../../../services/decoder/worker/decoder-tasks.js";
import { carry, divideMasks, paintObject } from "../../../services/decoder/worker/track-tasks.js";
import type { FollowedObject } from "../../../services/sam/track/propagator.js";
import type { Engine } from "./engine.js";
import { type FrameMemory, knownFrames } from "./known-frames.js";
import type { OpenSequence } from "./open-sequence.js";

/** What was found in a frame. */
export interface FollowedFrame {
  readonly frame: number;
  readonly objects: readonly FollowedObject[];
  readonly likeness: number;
  /** Of the step, without the frame's encode. */
  readonly ms: { readonly carry: number; readonly prepare: number; readonly paint: number; readonly divide: number };
}

/** A frame whose masks a person made, of object 1, 2 and so on. */
type Touched = FrameMemory;

/**
 * The masks of a sequence's objects in a frame, as a person would have made them.
 * @param missing of its width, at the mask's left side.
 */
export function touchedFrame(open: OpenSequence, frame: number, missing = 0): Touched {
  const masks = new Map<number, Rle>();
  for (let object = 1; object <= open.sequence.objects; object++) {
    const mask = withoutLeft(open.truth(frame, object), missing);
    if (mask.runs.length > 1) masks.set(object, create(RleSchema, encodeRle(mask)));
  }
  return { frame, masks };
}

function withoutLeft(mask: MaskRuns, share: number): MaskRuns {
  if (share === 0) return mask;
  const { x, width } = rleBoundingBox(mask);
  const bitmap = rleToBitmap(mask);
  for (let at = 0; at < bitmap.length; at++) if (at % mask.width < x + share * width) bitmap[at] = 0;
  return bitmapToRle(bitmap, mask.width, mask.height);
}

const nowhere = new SharedArrayBuffer(0);

/** Follows a sequence's objects through some of its frames as the service does, step by step, by the code of its workers. */
export async function* follow(
  engine: Engine,
  open: OpenSequence,
  { touched, frames }: { touched: readonly Touched[]; frames: readonly number[] },
): AsyncGenerator<FollowedFrame> {
  const { sequence } = open;
  const followed = new Map<number, FrameMemory>();
  const compared = new ComparedFrames(() => true);
  // Those farther back are not looked at.
  const remember = (one: FrameMemory) => {
    followed.set(one.frame, one);
    for (const at of followed.keys()) if (at < one.frame - 4) followed.delete(at);
  };
  for (const frame of frames) {
    const corrected = touched.find((one) => one.frame === frame);
    if (corrected) {
      remember(corrected);
      continue;
    }
    const known = knownFrames(frame, touched, followed);
    const ms = { carry: 0, prepare: 0, paint: 0, divide: 0 };
    const { objects: found, likeness } = await followLabels(runner(engine, open, compared, frame, ms), knownOf(known));
    remember({
      frame,
      masks: rlesOf(found, sequence),
      absent: found.filter(({ mask }) => !mask).map(({ id }) => id),
    });
    yield { frame, objects: found, likeness, ms };
  }
}

type Run = Parameters<typeof followLabels>[0]["run"];

/** Runs a frame's tasks here. @param ms is told of their times. */
function runner(
  engine: Engine,
  open: OpenSequence,
  frames: ComparedFrames,
  at: number,
  ms: Record<string, number>,
): { run: Run } {
  const { frame, side } = open;
  const decoder = engine.decoder.wide;
  const perform = async (task: DecoderTask) => {
    const startedAt = performance.now();
    const spent = (what: string, from = startedAt) => {
      ms[what] = (ms[what] ?? 0) + performance.now() - from;
    };
    if (task.kind === "carry") {
      const tokens = ({ key }: OtherPicture) => open.tokens(Number(key));
      const carried = await carry(task, { frames, tokensOf: tokens, product: engine.product, frame, side });
      spent("carry");
      return carried;
    }
    if (task.kind === "paint") {
      const kept = await open.prepared(at);
      spent("prepare");
      const decodedAt = performance.now();
      const painted = await paintObject(task, decoder, { kept, frame });
      spent("paint", decodedAt);
      return painted;
    }
    if (task.kind !== "divide") throw new Error(`a track asks nothing of the kind ${task.kind}`);
    const divided = divideMasks(task, frame);
    spent("divide");
    return divided;
  };
  const { width, height } = open.sequence;
  const picture = { key: String(at), record: nowhere, width, height, modelId: engine.model.id, asOf: 0 };
  return { run: (async (task: object) => perform({ ...task, ...picture } as DecoderTask)) as Run };
}

/** What `Propagate` makes of a request. */
function knownOf(known: readonly KnownPicture[]): Pick<CarryTask, "memory" | "objects"> {
  const objects = new Map<number, CarryTask["objects"][number]>();
  for (const [frame, { masks }] of known.entries()) {
    for (const { object: id, rle } of masks) {
      const object = objects.get(id) ?? { id, known: [] };
      object.known.push({ frame, mask: rle && decodeRle(rle) });
      objects.set(id, object);
    }
  }
  return {
    memory: known.map(({ imageId, everywhere }) => ({ key: imageId, record: nowhere, asOf: 0, everywhere })),
    objects: [...objects.values()].sort((a, b) => a.id - b.id),
  };
}

/** Masks of what was found, as it is remembered. */
export function rlesOf(
  found: readonly FollowedObject[],
  { width, height }: { width: number; height: number },
): FrameMemory["masks"] {
  return new Map(
    found.flatMap(({ id, mask }) =>
      mask ? [[id, create(RleSchema, { size: [height, width], counts: mask.counts })] as const] : [],
    ),
  );
}
