import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  encodeRle,
  type Rle,
  TrackCommandSchema,
  TrackDirection,
  type TrackedMask,
  TrackedMaskSchema,
  TrackState,
} from "../../../proto/index.js";
import { step } from "../state/step.js";
import {
  noVideo,
  type OpenedVideo,
  type Update,
  type VideoEffect,
  type VideoEvent,
  type VideoLimits,
  type VideoState,
} from "../state/video-state.js";

export const size = { width: 8, height: 6 };
export const idOf = (frame: number) => `sha256:${String(frame).padStart(64, "0")}`;
/** A mask of some pixels of the picture, column by column. */
export const rleOf = (from: number, count = 2): Rle =>
  ({
    $typeName: "maskwire.v1.Rle",
    ...encodeRle({ ...size, runs: Uint32Array.of(from, count, 48 - from - count) }),
  }) as Rle;
export const maskOf = (object: number, from: number, state = TrackState.TRACKED): TrackedMask =>
  create(TrackedMaskSchema, { object, state, agreement: 0.8, mask: { rle: rleOf(from), area: 2 } });
export const given = (object: number, frame: number, from = (object * 3) % 40) => ({
  frame,
  object,
  prompt: { mask: { source: { case: "rle" as const, value: rleOf(from) } } },
});
export const clicked = (object: number, frame: number) => ({ frame, object, prompt: { points: [{ x: 1, y: 1 }] } });

type Command = NonNullable<MessageInitShape<typeof TrackCommandSchema>["command"]>;
const limits: VideoLimits = { maxBytes: 1e6, maxWaiting: 4, retryAfterMs: 200 };

/** The pure state of a video, whose commands and answers a test plays. */
export class PlayedVideo {
  state: VideoState = noVideo;
  effects: VideoEffect[] = [];
  readonly limits: VideoLimits;
  #sequence = 0;

  constructor(more: Partial<VideoLimits> = {}) {
    this.limits = { ...limits, ...more };
  }

  /** With so many frames, and the size known. */
  static of(frames: number, more: Partial<VideoLimits> = {}, open = {}): PlayedVideo {
    const video = new PlayedVideo(more);
    const imageIds = Array.from({ length: frames }, (_, frame) => idOf(frame));
    video.say({ case: "open", value: { imageIds, ...size, ...open } });
    video.effects = [];
    return video;
  }

  get open(): OpenedVideo {
    return this.state as OpenedVideo;
  }

  hear(event: VideoEvent): this {
    const [state, effects] = step(this.state, event, this.limits);
    this.state = state;
    this.effects.push(...effects);
    return this;
  }

  /** @returns its sequence. */
  say(command: Command): number {
    const sequence = ++this.#sequence;
    this.hear({ kind: "command", command: create(TrackCommandSchema, { sequence, command }) });
    return sequence;
  }

  show(object: number, frame: number, from?: number): this {
    this.say({ case: "prompt", value: { prompt: given(object, frame, from) } });
    return this;
  }

  run(value: object = {}): this {
    this.say({ case: "run", value: { direction: TrackDirection.UNSPECIFIED, ...value } });
    return this;
  }

  /** What is under way, until it is answered. */
  get underWay(): Extract<VideoEffect, { kind: "make" }> | undefined {
    const { run } = this.open;
    return this.effects.findLast(
      (one): one is Extract<VideoEffect, { kind: "make" }> => one.kind === "make" && one.step === run?.step?.number,
    );
  }

  /** The frame that is under way is made. */
  made(objects: readonly TrackedMask[] = this.wanted.map((id) => maskOf(id, id * 3)), likeness = 0.9): this {
    const { opening, step = 0 } = this.underWay ?? { opening: 0 };
    return this.hear({ kind: "made", opening, step, objects, likeness, size });
  }

  get wanted(): readonly number[] {
    return this.open.run?.step?.objects ?? [];
  }

  /** All frames as they come, each by its number and what was made on it. */
  play(most = 1000): string[] {
    const order: string[] = [];
    for (let count = 0; this.open.run?.step && count < most; count++) {
      order.push(`${this.open.run.step.frame}: ${this.wanted.join(" ")}`);
      this.made();
    }
    return order;
  }

  /** What was told since this was asked last. */
  told(): Update[] {
    const told = this.effects.flatMap((effect) => (effect.kind === "send" ? [effect.update] : []));
    this.effects = this.effects.filter(({ kind }) => kind !== "send");
    return told;
  }

  /** The same in a few words. */
  get heard(): string[] {
    return this.told().map(shortly);
  }
}

export function shortly(update: Update): string {
  if (update.case === "frame") {
    const { frame, objects = [] } = update.value;
    return `frame ${frame}: ${objects.map(({ object, state = 0 }) => `${object} ${TrackState[state]}`).join(", ")}`;
  }
  if (update.case === "prompted") {
    const { frame, outdated = [] } = update.value;
    const ranges = outdated.map(({ object, first, last }) => ` ${object}: ${first}-${last}`).join("");
    return `prompted ${frame ? (frame.objects ?? []).map(({ object }) => object).join(" ") : "nothing"};${ranges}`;
  }
  if (update.case === "done") return `done ${update.value.frames}${update.value.cancelled ? " cancelled" : ""}`;
  if (update.case === "stopped") return `stopped at ${update.value.frame}: ${update.value.error?.message}`;
  if (update.case === "failed") return `failed: ${update.value.message}`;
  return String(update.case);
}
