import { create } from "@bufbuild/protobuf";
import {
  type RunTrack,
  TrackDirection,
  type TrackedMask,
  TrackedMaskSchema,
  TrackState,
} from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";
import { type ErrorFields, toErrorMessage } from "../../../services/runtime/grpc/error-message.js";
import { checkEnd, checkFrame, checkFrameSize, tooMuchKept } from "./checks.js";
import { knownFor } from "./known-for.js";
import { withoutOverlaps } from "./overlaps.js";
import { isOnward, planOf } from "./plan.js";
import { withCell } from "./shown-objects.js";
import type {
  OpenedVideo,
  OpenStep,
  PlannedStep,
  Run,
  Update,
  VideoEffect,
  VideoEvent,
  VideoLimits,
  VideoStep,
} from "./video-state.js";
import { weightOf, withinBytes } from "./weight.js";

/** Frames that are encoded while one is made. */
const ahead = 2;
/** Of the likeness of the frames before it: what is less alike is behind a cut. */
const cutShare = 0.8;
const likenessOf = 8;

export function run(video: OpenedVideo, sequence: number, asked: RunTrack, { memory }: VideoLimits): VideoStep {
  const { direction, first = 0, last, again } = asked;
  const shown = [...video.objects.values()].flatMap(({ shownFrames }) => shownFrames.slice(0, 1));
  const earliest = Math.min(...shown, ...video.asked.map(({ prompt }) => prompt.frame));
  if (earliest === Number.POSITIVE_INFINITY) {
    throw new ServiceError({
      code: Code.FAILED_PRECONDITION,
      message: "Nothing is to be followed: prompt an object first.",
    });
  }
  const from = asked.from ?? earliest;
  checkFrame(video, from, "`from`");
  checkEnd(first, "`first`");
  if (last !== undefined) checkEnd(last, "`last`");
  if (last !== undefined && !video.more) checkFrame(video, last, "`last`");
  if (last !== undefined && first > last)
    throw invalidArgument(`\`first\` is frame ${first}, behind \`last\`, ${last}.`);
  const [before, ended] = cancelRun(video);
  const begun: Run = {
    sequence,
    from,
    direction: TrackDirection[direction] ? direction : TrackDirection.UNSPECIFIED,
    first,
    last,
    at: undefined,
    frames: 0,
    likeness: [],
    step: undefined,
    memory,
  };
  const [next, effects] = advance({ ...(again ? withOutdated(before, first, last) : before), run: begun });
  return [next, [...ended, ...effects]];
}

function withOutdated(video: OpenedVideo, first: number, wanted = Number.POSITIVE_INFINITY): OpenedVideo {
  // Of frames that are still to come there is nothing.
  const last = Math.min(wanted, video.imageIds.length - 1);
  const objects = [...video.objects.values()].map((object) => {
    const cells = object.cells.changed(first, last, (cell) => cell && { ...cell, isOutdated: true });
    return [object.id, { ...object, cells }] as const;
  });
  return { ...video, objects: new Map(objects) };
}

/** Begins the next frame, or ends the run; not while a prompt is being answered, or while nobody reads. */
export function advance(video: OpenedVideo): OpenStep {
  const { run, opening, model, imageIds } = video;
  if (!run || run.step || video.isBehind || video.asked.length > 0) return [video, []];
  const plan = planOf(video, run);
  const found = plan.next();
  if (found.done) {
    return waitsForFrames(video, run)
      ? [video, []]
      : endRun(video, run, { case: "done", value: { frames: run.frames } });
  }
  const planned = found.value;
  const number = video.count + 1;
  const rounds = new Map(planned.objects.map((id) => [id, video.objects.get(id)?.round ?? 0]));
  const isNewPass = run.at?.pass !== planned.pass;
  const { pass, frame } = planned;
  const begun: Run = {
    ...run,
    at: { pass, frame },
    likeness: isNewPass ? [] : run.likeness,
    step: { ...planned, number, rounds },
  };
  const known = knownFor(video, begun, planned);
  const next = framesOf(plan, frame);
  const backward = !isOnward(pass);
  const effect: VideoEffect = { kind: "make", opening, step: number, frame, imageIds, model, known, backward, next };
  return [{ ...video, run: begun, count: number }, [effect]];
}

/** All that there is of its frames is made, and more of them may come. */
const waitsForFrames = ({ more, imageIds }: OpenedVideo, { last, direction }: Run): boolean =>
  more && (last === undefined || last >= imageIds.length) && direction !== TrackDirection.BACKWARD;

/** Of the steps that are left, the next frames. */
function framesOf(plan: Iterable<PlannedStep>, current: number): number[] {
  const frames: number[] = [];
  for (const { frame } of plan) {
    if (frame !== current && !frames.includes(frame)) frames.push(frame);
    if (frames.length >= ahead) break;
  }
  return frames;
}

export function hearMade(
  video: OpenedVideo,
  { step: number, objects, likeness, size }: Extract<VideoEvent, { kind: "made" }>,
  limits: VideoLimits,
): VideoStep {
  const { run } = video;
  if (run?.step?.number !== number) return [video, []];
  const { frame, rounds } = run.step;
  try {
    checkFrameSize(video, frame, size);
  } catch (error) {
    return stop(video, run, frame, toErrorMessage(error));
  }
  const found = new Map(objects.map((one) => [one.object, one]));
  // What was shown anew meanwhile is not what this was made from.
  const made = [...rounds].flatMap(([id, round]): TrackedMask[] =>
    video.objects.get(id)?.round === round ? [found.get(id) ?? absent(id)] : [],
  );
  const { video: apart, masks } = withoutOverlaps(video, frame, made);
  let after: OpenedVideo = { ...apart, size };
  for (const { object, state, mask, agreement } of masks) {
    if (made.some((one) => one.object === object)) {
      after = withCell(after, object, frame, { state, rle: mask?.rle, agreement, isOutdated: false });
    }
  }
  const usual = run.likeness.reduce((sum, one) => sum + one, 0) / run.likeness.length;
  const cut = run.likeness.length > 0 && likeness < cutShare * usual;
  const update: Update = { case: "frame", value: { frame, objects: masks, likeness, cut } };
  const within = withinBytes(after, limits.maxBytes);
  const next: Run = {
    ...run,
    step: undefined,
    frames: run.frames + (made.length > 0 ? 1 : 0),
    likeness: [...run.likeness, likeness].slice(-likenessOf),
  };
  // Frames weigh something without their masks, too.
  const [state, effects] =
    weightOf(within) > limits.maxBytes
      ? stop(within, next, frame, toErrorMessage(tooMuchKept(limits.retryAfterMs)))
      : advance({ ...within, run: next });
  return [state, [...(made.length > 0 ? [send(run, update)] : []), ...effects]];
}

const absent = (object: number): TrackedMask => create(TrackedMaskSchema, { object, state: TrackState.ABSENT });

export function hearNotMade(
  video: OpenedVideo,
  { step: number, frame, missing, error }: Extract<VideoEvent, { kind: "not-made" }>,
): VideoStep {
  const { run } = video;
  return run?.step?.number === number ? stop(video, run, frame, error, missing) : [video, []];
}

/** It has said where it was; what it has made stands. */
export function giveUp(video: OpenedVideo, error: ErrorFields): VideoStep {
  const { run } = video;
  return run ? stop(video, run, run.at?.frame ?? run.from, error) : [video, []];
}

function stop(
  video: OpenedVideo,
  run: Run,
  frame: number,
  error: ErrorFields,
  missing: readonly number[] = [],
): VideoStep {
  return endRun(video, run, { case: "stopped", value: { frame, error, frames: run.frames, missing: [...missing] } });
}

export function cancelRun(video: OpenedVideo): OpenStep {
  const { run } = video;
  if (!run) return [video, []];
  return endRun(video, run, { case: "done", value: { frames: run.frames, cancelled: true } });
}

function endRun(video: OpenedVideo, run: Run, update: Update): OpenStep {
  const abandoned: VideoEffect[] = run.step ? [{ kind: "abandon-make" }] : [];
  return [{ ...video, run: undefined }, [...abandoned, send(run, update)]];
}

const send = ({ sequence }: Run, update: Update): VideoEffect => ({ kind: "send", sequence, update });
