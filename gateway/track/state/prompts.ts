import { create } from "@bufbuild/protobuf";
import {
  ErrorCode,
  type FrameRange,
  type PromptObject,
  type RemovePrompt,
  type TrackedMask,
  TrackedMaskSchema,
  type TrackPrompt,
  TrackState,
} from "../../../proto/index.js";
import { invalidArgument, overloaded } from "../../../services/runtime/errors.js";
import type { ErrorFields } from "../../../services/runtime/grpc/error-message.js";
import { toErrorMessage } from "../../../services/runtime/grpc/error-message.js";
import { checkFrameSize, checkTrackPrompt, givenMask, readMask } from "./checks.js";
import { maskOf, withoutOverlaps } from "./overlaps.js";
import { advance } from "./runs.js";
import { forgetObject, showObject, unshowObject } from "./shown-objects.js";
import type {
  Asked,
  OpenedVideo,
  OpenStep,
  Shown,
  VideoEffect,
  VideoEvent,
  VideoLimits,
  VideoStep,
} from "./video-state.js";
import { roomFor } from "./weight.js";

/** Prompts that decoders are asked at once. */
const mostUnderWay = 4;

export function prompt(video: OpenedVideo, sequence: number, asked: PromptObject, limits: VideoLimits): VideoStep {
  const prompt = checkTrackPrompt(video, asked.prompt);
  const { object, frame } = prompt;
  const isReplaced = (one: Asked) => one.prompt.object === object && one.prompt.frame === frame;
  const replaced = cancelAsked(video.asked.filter(isReplaced), "A newer prompt took this one's place.");
  const others = { ...video, asked: video.asked.filter((one) => !isReplaced(one)) };
  const given = asked.fromCurrent ? undefined : givenMask(prompt.prompt);
  if (given) {
    const { width, height } = readMask(given, video.size, `of object ${object} on frame ${frame}`);
    const mask = create(TrackedMaskSchema, { object, state: TrackState.CORRECTED, mask: maskOf(given), agreement: 1 });
    const [next, effects] = show(others, sequence, frame, { mask, size: { width, height } }, limits);
    // Those that it replaced made room for others that wait.
    return andAsk(next, [...replaced, ...effects]);
  }
  if (others.asked.length >= limits.maxWaiting) {
    const waiting = `${limits.maxWaiting} prompts wait already; send the next when one is answered.`;
    throw overloaded(waiting, limits.retryAfterMs);
  }
  const one = { number: video.count + 1, sequence, prompt, fromCurrent: asked.fromCurrent, isUnderWay: false };
  const [next, effects] = ask({ ...others, asked: [...others.asked, one], count: one.number });
  return [next, [...replaced, ...effects]];
}

/** Asks for those whose turn it is, in the order in which they came. */
function ask(video: OpenedVideo): OpenStep {
  const effects: VideoEffect[] = [];
  let underWay = video.asked.filter(({ isUnderWay }) => isUnderWay).length;
  const asked = video.asked.map((one) => {
    if (one.isUnderWay || underWay >= mostUnderWay) return one;
    underWay++;
    const { opening, model, imageIds } = video;
    const imageId = imageIds[one.prompt.frame] ?? "";
    effects.push({ kind: "show", opening, asked: one.number, imageId, model, prompt: promptOf(video, one) });
    return { ...one, isUnderWay: true };
  });
  return [{ ...video, asked }, effects];
}

/** With the mask that the object has there now, where points are beside it. */
function promptOf({ objects }: OpenedVideo, { prompt, fromCurrent }: Asked): TrackPrompt {
  const object = objects.get(prompt.object);
  const rle = object?.shown.get(prompt.frame) ?? object?.cells.get(prompt.frame)?.rle;
  if (!fromCurrent || !rle || !prompt.prompt || prompt.prompt.text !== "") return prompt;
  const mask = { $typeName: "maskwire.v1.MaskPrompt" as const, source: { case: "rle" as const, value: rle } };
  return { ...prompt, prompt: { ...prompt.prompt, mask } };
}

export function hearShown(
  video: OpenedVideo,
  { asked, shown }: Extract<VideoEvent, { kind: "shown" }>,
  limits: VideoLimits,
): VideoStep {
  const [one, others] = taken(video, asked);
  if (!one) return [video, []];
  try {
    const [next, effects] = show(others, one.sequence, one.prompt.frame, shown, limits);
    return andAsk(next, effects);
  } catch (error) {
    return failedOne(others, one, toErrorMessage(error));
  }
}

export function hearNotShown(video: OpenedVideo, asked: number, error: ErrorFields): VideoStep {
  const [one, others] = taken(video, asked);
  return one ? failedOne(others, one, error) : [video, []];
}

export function remove(video: OpenedVideo, sequence: number, { object: id, frame }: RemovePrompt): VideoStep {
  const isMeant = ({ prompt }: Asked) => prompt.object === id && (frame === undefined || prompt.frame === frame);
  const waiting = video.asked.filter(isMeant);
  const object = video.objects.get(id);
  const isShown = object && (frame === undefined || object.shown.has(frame));
  if (!isShown && waiting.length === 0) {
    const where = frame === undefined ? "" : ` on frame ${frame}`;
    throw invalidArgument(`There is no prompt of object ${id}${where}.`);
  }
  const others = { ...video, asked: video.asked.filter((one) => !isMeant(one)) };
  const changed =
    object && isShown
      ? frame === undefined
        ? forgetObject(others, object)
        : unshowObject(others, object, frame)
      : { video: others, outdated: [] };
  const answer = prompted(sequence, { outdated: changed.outdated });
  return andAsk(changed.video, [...cancelAsked(waiting, "The prompt was taken back."), answer]);
}

/** @throws ServiceError INVALID_ARGUMENT for a frame of another size; RESOURCE_EXHAUSTED. */
function show(video: OpenedVideo, sequence: number, frame: number, shown: Shown, limits: VideoLimits): OpenStep {
  const { mask, size } = shown;
  checkFrameSize(video, frame, size);
  const rle = mask.mask?.rle;
  if (!rle) throw invalidArgument(`Nothing was found on frame ${frame}; show where the object is.`);
  const { video: changed, outdated } = showObject({ ...video, size }, mask.object, frame, rle);
  const { video: apart, masks } = withoutOverlaps(changed, frame, [mask]);
  const [next, effects] = advance(roomFor(apart, limits));
  return [next, [prompted(sequence, { frame: { frame, objects: masks }, outdated }), ...effects]];
}

function prompted(
  sequence: number,
  value: { frame?: { frame: number; objects: TrackedMask[] }; outdated: readonly FrameRange[] },
): VideoEffect {
  return { kind: "send", sequence, update: { case: "prompted", value: { ...value, outdated: [...value.outdated] } } };
}

export function cancelAsked(asked: readonly Asked[], message: string): VideoEffect[] {
  return asked.flatMap(({ number, sequence, isUnderWay }): VideoEffect[] => [
    ...(isUnderWay ? [{ kind: "abandon-show" as const, asked: number }] : []),
    { kind: "send", sequence, update: { case: "failed", value: { code: ErrorCode.CANCELLED, message } } },
  ]);
}

function taken(video: OpenedVideo, number: number): [Asked | undefined, OpenedVideo] {
  const one = video.asked.find((asked) => asked.number === number);
  return [one, { ...video, asked: video.asked.filter((asked) => asked !== one) }];
}

function failedOne(video: OpenedVideo, { sequence }: Asked, error: ErrorFields): VideoStep {
  return andAsk(video, [{ kind: "send", sequence, update: { case: "failed", value: error } }]);
}

/** The next prompts' turn has come, or the run's. */
function andAsk(video: OpenedVideo, effects: readonly VideoEffect[]): VideoStep {
  const [asking, asks] = ask(video);
  const [next, steps] = advance(asking);
  return [next, [...effects, ...asks, ...steps]];
}
