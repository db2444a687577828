import { create } from "@bufbuild/protobuf";
import {
  encodeRle,
  type FrameMasks,
  FrameMasksSchema,
  type ImageInfo,
  MaskSchema,
  PropagateRequestSchema,
  rleArea,
  rleBoundingBox,
  SegmentRequestSchema,
  type TrackEvent,
  TrackEventSchema,
  type TrackedMask,
  TrackedMaskSchema,
  type TrackPrompt,
  TrackState,
  type TrackVideoRequest,
} from "../../proto/index.js";
import { invalidArgument } from "../../services/runtime/errors.js";
import type { AskCall } from "../ask/answer.js";
import type { Ask } from "../ask/ask.js";
import { checkVideo, givenMask, type Video } from "./check-video.js";
import { FramesAhead } from "./frames-ahead.js";
import { type FrameMemory, TrackMemory } from "./memory.js";

type AskedOf = Pick<Ask, "segment" | "openImage" | "propagate">;

/** Of the likeness of the frames before it: what is less alike is behind a cut. */
const cutShare = 0.8;

/**
 * Objects of a video, frame by frame (Y1). What it knows is in the request and in what it has answered: whoever it asks may be lost.
 * Throws INVALID_ARGUMENT before the first event; NOT_FOUND for a frame that is not stored; as `segment` and `propagate`.
 */
export async function* trackVideo(ask: AskedOf, request: TrackVideoRequest, call: AskCall): AsyncGenerator<TrackEvent> {
  const video = checkVideo(request);
  const frames = new FramesAhead(ask, video, call);
  const touched: FrameMemory[] = [];
  const corrected = new Map<number, TrackedMask[]>();
  let answered = 0;
  const tell = (frame: FrameMasks) => {
    answered++;
    return create(TrackEventSchema, { event: { case: "frame", value: frame } });
  };
  const touchedFrames = [...video.prompts.keys()].sort((a, b) => a - b);
  for (const [at, frame] of touchedFrames.entries()) {
    const image = await frames.ready(frame, touchedFrames.slice(at + 1));
    const objects: TrackedMask[] = [];
    for (const prompt of video.prompts.get(frame) ?? [])
      objects.push(await promptedMask(ask, video, prompt, image, call));
    corrected.set(frame, objects);
    touched.push({ frame, masks: rlesOf(objects) });
    yield tell(create(FrameMasksSchema, { frame, objects }));
  }
  const from = touchedFrames[0] ?? 0;
  for (const way of waysOf(video, from)) {
    const memory = new TrackMemory(touched, way.recent);
    const likeness: number[] = [];
    for (const [at, frame] of way.frames.entries()) {
      await frames.ready(frame, way.frames.slice(at + 1));
      const own = corrected.get(frame) ?? [];
      const wanted = video.objects.filter((object) => !own.some((one) => one.object === object));
      const known = wanted.length > 0 ? memory.knownFor(frame, wanted, video.imageIds) : [];
      const found =
        known.length > 0
          ? await ask.propagate(
              create(PropagateRequestSchema, {
                imageId: video.imageIds[frame] ?? "",
                model: video.model,
                known,
                video: video.imageIds[0] ?? "",
              }),
              call,
            )
          : undefined;
      const objects = [...own, ...(found?.objects ?? [])].sort((a, b) => a.object - b.object);
      memory.remember({ frame, masks: rlesOf(objects) });
      const usual = likeness.length > 0 ? likeness.reduce((sum, one) => sum + one, 0) / likeness.length : undefined;
      const cut = found !== undefined && usual !== undefined && found.likeness < cutShare * usual;
      if (found) likeness.splice(0, likeness.length, ...[...likeness, found.likeness].slice(-8));
      // All of a frame that a person has touched was told already.
      if (found) yield tell(create(FrameMasksSchema, { frame, objects, likeness: found.likeness, cut }));
    }
  }
  const { width = 0, height = 0 } = frames.size ?? {};
  yield create(TrackEventSchema, { event: { case: "done", value: { frames: answered, width, height } } });
}

interface Way {
  readonly frames: readonly number[];
  /** The nearest last. */
  readonly recent: readonly FrameMemory[];
}

/** Forwards from the first frame that was touched, then backwards from it, as far as is wanted. */
function waysOf({ first, last, known }: Video, from: number): Way[] {
  const forwards = range(Math.max(from, first), last);
  const backwards = range(first, Math.min(from - 1, last)).reverse();
  const before = (frame: number | undefined) =>
    known.filter((one) => frame !== undefined && one.frame < frame).sort((a, b) => a.frame - b.frame);
  const behind = (frame: number | undefined) =>
    known.filter((one) => frame !== undefined && one.frame > frame).sort((a, b) => b.frame - a.frame);
  return [
    { frames: forwards, recent: before(forwards[0]) },
    { frames: backwards, recent: behind(backwards[0]) },
  ];
}

const range = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);

function rlesOf(objects: readonly TrackedMask[]): FrameMemory["masks"] {
  return new Map(objects.flatMap(({ object, mask }) => (mask?.rle ? [[object, mask.rle] as const] : [])));
}

/** The mask that a person's prompt leads to. */
async function promptedMask(
  ask: Pick<Ask, "segment">,
  { imageIds, model }: Video,
  { frame, object, prompt }: TrackPrompt,
  { width, height }: ImageInfo,
  call: AskCall,
): Promise<TrackedMask> {
  const given = prompt && givenMask(prompt);
  if (given) {
    if (given.width !== width || given.height !== height) {
      const size = `${given.width} x ${given.height} pixels, the frame ${width} x ${height}`;
      throw invalidArgument(`The mask of object ${object} on frame ${frame} is ${size}.`);
    }
    const mask = {
      rle: encodeRle(given),
      bbox: rleBoundingBox(given),
      area: rleArea(given),
      predictedIou: 1,
      stabilityScore: 1,
    };
    return create(TrackedMaskSchema, {
      object,
      state: TrackState.CORRECTED,
      mask: create(MaskSchema, mask),
      agreement: 1,
    });
  }
  const asked = create(SegmentRequestSchema, { imageId: imageIds[frame] ?? "", model, ...(prompt ? { prompt } : {}) });
  const [mask] = (await ask.segment(asked, call)).masks;
  return create(TrackedMaskSchema, { object, state: TrackState.CORRECTED, ...(mask ? { mask } : {}), agreement: 1 });
}
