import { create } from "@bufbuild/protobuf";
import { type KnownFrame, KnownFrameSchema, KnownMaskSchema } from "../../../proto/index.js";
import type { Track } from "./track.js";

/** Frames of one message. */
const mostFrames = 1000;
/** A frame of the connection has at most 1 MiB. */
const mostBytes = 700_000;
const bytesAMask = 40;

/** What was made before and still stands, in portions as they may be sent. */
export function knownFrames({ objects }: Track): KnownFrame[][] {
  const portions: KnownFrame[][] = [];
  let portion: KnownFrame[] = [];
  let bytes = 0;
  const frames = Math.max(0, ...objects.map(({ made }) => made.length));
  for (let frame = 0; frame < frames; frame++) {
    const masks = objects.flatMap(({ id, made, person }) => {
      const one = made[frame];
      if (one === undefined || one.isOutdated || person.has(frame) || person.size === 0) return [];
      const rle = one.mask?.rle;
      return [create(KnownMaskSchema, { object: id, state: one.state, ...(rle && { rle }) })];
    });
    if (masks.length === 0) continue;
    const size = masks.reduce((sum, { rle }) => sum + bytesAMask + (rle?.counts.length ?? 0), 0);
    if (portion.length >= mostFrames || (portion.length > 0 && bytes + size > mostBytes)) {
      portions.push(portion);
      [portion, bytes] = [[], 0];
    }
    portion.push(create(KnownFrameSchema, { frame, masks }));
    bytes += size;
  }
  return portion.length > 0 ? [...portions, portion] : portions;
}
