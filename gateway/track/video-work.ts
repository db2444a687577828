import { create } from "@bufbuild/protobuf";
import {
  EncodePriority,
  PropagateRequestSchema,
  SegmentRequestSchema,
  type TrackedMask,
  TrackedMaskSchema,
  TrackState,
} from "../../proto/index.js";
import { Code, invalidArgument, isNotFound, ServiceError } from "../../services/runtime/errors.js";
import type { ErrorFields } from "../../services/runtime/grpc/error-message.js";
import { holderOf } from "../../services/runtime/limits/shares.js";
import type { TurnLine } from "../../services/runtime/limits/turn-line.js";
import { orAborted, restFor } from "../../services/runtime/waits.js";
import type { AskCall } from "../ask/answer.js";
import type { Ask } from "../ask/ask.js";
import { NotKeptError } from "../ask/not-kept-error.js";
import { FramesAhead, FramesGoneError } from "./frames-ahead.js";
import type { VideoEffect, VideoEvent } from "./state/video-state.js";

type Effect<K extends VideoEffect["kind"]> = Extract<VideoEffect, { kind: K }>;

interface VideoWorkOptions {
  ask: Pick<Ask, "segment" | "openImage" | "propagate">;
  /** Whom all of it is for. */
  call: AskCall;
  turns: Pick<TurnLine, "enter">;
  /** For a frame, with all tries (Y9). */
  frameMs: number;
  /** How the frames of prompts are encoded; left out, a person waits for them. */
  priority?: EncodePriority;
  apply(event: VideoEvent): void;
  explain(error: unknown): ErrorFields;
}

/** Between two tries of a frame, where nobody has said when. */
const pauseMs = 500;
/** After a frame was too late: the servers are busy, or gone. */
const lateRetryMs = 5000;
/** Tries of a frame whose embeddings are brought each time, and are gone again before they are used. */
const mostUnkeptTries = 5;
/** What is refused for longer is not waited for: a quota's window. */
const longestPauseMs = 15_000;

/** What a video has under way at the other tiers: begun and given up by its effects, told of by its events. */
export class VideoWork {
  readonly #options: VideoWorkOptions;
  readonly #shows = new Map<number, AbortController>();
  #frames: { opening: number; ahead: FramesAhead } | undefined;
  #all = new AbortController();
  #make = new AbortController();

  constructor(options: VideoWorkOptions) {
    this.#options = options;
  }

  async show({ opening, asked, imageId, model, prompt }: Effect<"show">): Promise<void> {
    const { ask, apply, explain, priority } = this.#options;
    const own = new AbortController();
    this.#shows.set(asked, own);
    const { frame, object } = prompt;
    try {
      const call = this.#call(own.signal);
      const ahead = this.#aheadOf(opening, model);
      const { width, height } = await ahead.open(imageId, frame, call, priority);
      const request = create(SegmentRequestSchema, {
        imageId,
        model,
        ...(prompt.prompt ? { prompt: prompt.prompt } : {}),
      });
      const { masks } = await ask.segment(request, call);
      const text = prompt.prompt?.text ?? "";
      if (text !== "" && masks.length !== 1) throw notOne(text, frame, masks.length);
      const [mask] = masks;
      const shown = { object, state: TrackState.CORRECTED, ...(mask ? { mask } : {}), agreement: 1 };
      if (own.signal.aborted) return;
      apply({
        kind: "shown",
        opening,
        asked,
        shown: { mask: create(TrackedMaskSchema, shown), size: { width, height } },
      });
    } catch (error) {
      if (own.signal.aborted) return;
      apply({
        kind: "not-shown",
        opening,
        asked,
        error: explain(isNotFound(error) ? new FramesGoneError([{ frame, imageId }], error) : error),
      });
    } finally {
      // Of a video that was opened since, another may have its number.
      if (this.#shows.get(asked) === own) this.#shows.delete(asked);
    }
  }

  abandonShow(asked: number): void {
    this.#shows.get(asked)?.abort();
  }

  /** A server that is lost, and one that has no room, cost another try. */
  async make(effect: Effect<"make">): Promise<void> {
    const { apply, explain, frameMs } = this.#options;
    this.#make = new AbortController();
    const { signal } = this.#make;
    const { opening, step, frame } = effect;
    const until = performance.now() + frameMs;
    for (let unkept = 0; ; ) {
      try {
        const made = await this.#tryToMake(effect, signal, until);
        if (!signal.aborted) apply({ kind: "made", opening, step, ...made });
        return;
      } catch (error) {
        if (signal.aborted) return;
        const isUnkept = error instanceof NotKeptError && ++unkept >= mostUnkeptTries;
        const waitMs = isUnkept ? undefined : pauseAfter(error);
        // A timer may fire a little before its time.
        const isLate = isTimeout(error) || performance.now() + (waitMs ?? 0) > until;
        if (waitMs === undefined || isLate) {
          const why = isLate ? tooLate(frame, frameMs, error) : isUnkept ? notKept(frame, error) : error;
          const missing = error instanceof FramesGoneError ? error.frames : [];
          apply({ kind: "not-made", opening, step, frame: missing[0] ?? frame, missing, error: explain(why) });
          return;
        }
        await restFor(waitMs, signal);
        if (signal.aborted) return;
      }
    }
  }

  abandonMake(): void {
    this.#make.abort();
  }

  cancel(): void {
    this.#all.abort();
    this.#all = new AbortController();
    this.#make.abort();
    for (const show of this.#shows.values()) show.abort();
    this.#frames = undefined;
  }

  async #tryToMake(effect: Effect<"make">, signal: AbortSignal, until: number) {
    const { opening, frame, imageIds, model, known, backward, next } = effect;
    const { ask, turns, call: whole } = this.#options;
    const timer = new AbortController();
    const late = setTimeout(
      () => timer.abort(new DOMException("the frame's time is over", "TimeoutError")),
      until - performance.now(),
    );
    const call = this.#call(AbortSignal.any([signal, timer.signal]));
    let end = () => {};
    try {
      const size = await orAborted(this.#aheadOf(opening, model).ready(imageIds, frame, next), call.signal);
      // Not before: who waits for an encoder keeps no turn from others.
      end = await turns.enter(holderOf(whole.origin ?? {}), call.signal);
      const request = create(PropagateRequestSchema, {
        imageId: imageIds[frame] ?? "",
        model,
        known: [...known],
        video: imageIds[0] ?? "",
        frame,
        backward,
      });
      const { objects, likeness } = await ask.propagate(request, call);
      return { objects: objects as readonly TrackedMask[], likeness, size };
    } catch (error) {
      if (isNotFound(error)) await this.#findGone(effect, call, error);
      throw error;
    } finally {
      end();
      clearTimeout(late);
    }
  }

  /** @throws FramesGoneError of all that a frame is made from, and of the next ones; what keeps it from knowing. */
  async #findGone({ opening, frame, imageIds, model, known, next }: Effect<"make">, call: AskCall, cause: unknown) {
    const ahead = this.#aheadOf(opening, model);
    const frames = new Set([frame, ...known.map(({ imageId }) => imageIds.indexOf(imageId)), ...next]);
    const looks = [...frames].map((one) => ahead.open(imageIds[one] ?? "", one, call, EncodePriority.BULK));
    const failures = (await Promise.allSettled(looks)).flatMap((one) =>
      one.status === "rejected" ? [one.reason as unknown] : [],
    );
    const gone = failures.flatMap((one) => (one instanceof FramesGoneError ? one.frames : []));
    if (gone.length > 0)
      throw new FramesGoneError(
        gone.map((one) => ({ frame: one, imageId: imageIds[one] ?? "" })),
        cause,
      );
    if (failures.length > 0) throw failures[0];
  }

  #aheadOf(opening: number, model: string): FramesAhead {
    if (this.#frames?.opening !== opening) {
      const { ask } = this.#options;
      this.#frames = { opening, ahead: new FramesAhead(ask, model, this.#call(this.#all.signal)) };
    }
    return this.#frames.ahead;
  }

  /** Ends with the video and with the call that it came by. */
  #call(signal: AbortSignal): AskCall {
    const { call } = this.#options;
    return { ...call, signal: AbortSignal.any([call.signal, this.#all.signal, signal]) };
  }
}

/** How long to wait until a frame is tried again; undefined when that would not help. */
function pauseAfter(error: unknown): number | undefined {
  if (!(error instanceof ServiceError)) return undefined;
  const { retryAfterMs } = error;
  if (retryAfterMs === undefined && !error.shouldRetry()) return undefined;
  const waitMs = Math.max(retryAfterMs ?? 0, pauseMs);
  return waitMs > longestPauseMs ? undefined : waitMs;
}

const isTimeout = (error: unknown) => error instanceof DOMException && error.name === "TimeoutError";

function notOne(text: string, frame: number, count: number): ServiceError {
  const found = count === 0 ? "Nothing" : `${count} objects`;
  const what = count === 0 ? "try other words" : "add a point on the one that you mean";
  return invalidArgument(`${found} on frame ${frame} ${count === 0 ? "is" : "are"} "${text}"; ${what}.`);
}

const tooLate = (frame: number, frameMs: number, cause: unknown) =>
  new ServiceError({
    code: Code.DEADLINE_EXCEEDED,
    message: `Frame ${frame} was not made within ${Math.round(frameMs / 1000)} s; run again later.`,
    retryAfterMs: lateRetryMs,
    cause,
  });

/** Videos and pictures that others work on push out what this one needs. */
const notKept = (frame: number, cause: unknown) =>
  new ServiceError({
    code: Code.RESOURCE_EXHAUSTED,
    message: `The decoders have no room for the embeddings that frame ${frame} is made from, beside what others work on; run again later.`,
    retryAfterMs: lateRetryMs,
    cause,
  });
