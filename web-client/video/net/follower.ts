import { create } from "@bufbuild/protobuf";
import {
  AppendFramesSchema,
  CancelRunSchema,
  ErrorCode,
  KnownFramesSchema,
  OpenVideoSchema,
  PromptObjectSchema,
  RemovePromptSchema,
  RunTrackSchema,
  type TrackUpdate,
} from "../../../proto/index.js";
import type { ServiceProblem } from "../../datasets/net/ask-service.js";
import type { SocketPort } from "../../sdk/session/socket.js";
import type { Correction } from "../state/canvas-objects.js";
import { knownFrames } from "../state/replay.js";
import { made, objectOf, outdated, type Track, toMake } from "../state/track.js";
import { FrameSender, type SentFrame } from "./frame-sender.js";
import { TrackLink } from "./track-link.js";

/** Frames are sent so far ahead of the one that is made: what is behind it need not be kept there. */
const mostAhead = 24;
/** A run that stops so often without making a frame is given up. */
const mostStops = 6;
const appendMs = 400;
/** Ids of frames in one message, which has at most 1 MiB. */
const idsAtOnce = 8000;

interface FollowerOptions {
  openSocket(): SocketPort;
  frameAt(frame: number): SentFrame | undefined;
  /** What is known of the video now. */
  video(): { readonly frames: number; readonly isWhole: boolean; readonly width: number; readonly height: number };
  track(): Track;
  /** Another track, or another state of the work on it. */
  changed(track: Track): void;
  problem(message: string): void;
}

/** A run that a person has asked for, until it is done. */
interface Run {
  readonly from: number;
  /** Frames that have come. */
  made: number;
  sequence: number;
  stops: number;
}

/**
 * Has the service follow a video's objects. What the service is to know of it is in the track: a session that is lost is begun
 * again and told all of it, and a run goes on.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #link: TrackLink;
  readonly #sender: FrameSender;
  #sentFrames = 0;
  #saidWhole = false;
  #appending: ReturnType<typeof setTimeout> | undefined;
  #isOpened = false;
  #run: Run | undefined;
  #isLost = false;
  /** Prompts by the number that they were sent with. */
  readonly #prompts = new Map<number, { readonly object: number; readonly frame: number; readonly tries: number }>();

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#sender = new FrameSender(options.frameAt, ({ message }) => this.#giveUp(message));
    this.#link = new TrackLink({
      openSocket: () => options.openSocket(),
      onOpen: () => this.#begin(),
      onUpdate: (update) => this.#hear(update),
      onLost: () => {
        this.#isOpened = false;
        this.#isLost = true;
        this.#prompts.clear();
        options.changed(options.track());
      },
    });
    addEventListener("online", () => this.#link.hurry());
  }

  get run(): Pick<Run, "made"> | undefined {
    return this.#run;
  }

  /** The connection is gone, and something waits for it. */
  get isWaiting(): boolean {
    return this.#isLost && this.#run !== undefined;
  }

  /** What a person has done is told the service, once there is anything for it to follow. */
  tell(corrections: readonly Correction[]): void {
    if (corrections.length === 0) return;
    this.#link.want();
    if (!this.#isOpened) return;
    for (const one of corrections) {
      switch (one.kind) {
        case "shown":
          void this.#prompt(one.object, one.frame);
          break;
        case "unshown":
          this.#link.send({
            case: "remove",
            value: create(RemovePromptSchema, { object: one.object, frame: one.frame }),
          });
          break;
        case "removed":
          this.#link.send({ case: "remove", value: create(RemovePromptSchema, { object: one.object }) });
          break;
        case "brought-back":
          for (const frame of objectOf(this.#options.track(), one.object)?.person.keys() ?? []) {
            void this.#prompt(one.object, frame);
          }
          break;
      }
    }
  }

  /** Makes what is missing or out of date, from a frame on. */
  start(from: number): void {
    this.#run = { from, made: 0, sequence: 0, stops: 0 };
    this.#link.want();
    if (this.#isOpened) this.#sendRun();
    this.#changed();
  }

  cancel(): void {
    if (this.#run === undefined) return;
    this.#run = undefined;
    this.#sender.ahead([]);
    this.#link.send({ case: "cancel", value: create(CancelRunSchema) });
    this.#changed();
  }

  /** More frames of the video have been read, which may be many a second. */
  framesAdded(): void {
    if (!this.#isOpened) return;
    if (this.#options.video().isWhole) this.#append();
    else
      this.#appending ??= setTimeout(() => {
        this.#appending = undefined;
        if (this.#isOpened) this.#append();
      }, appendMs);
  }

  close(): void {
    clearTimeout(this.#appending);
    this.#run = undefined;
    this.#link.close();
  }

  #begin(): void {
    const { frames, isWhole, width, height } = this.#options.video();
    this.#isLost = false;
    this.#isOpened = true;
    this.#sender.forget();
    this.#sentFrames = Math.min(frames, idsAtOnce);
    const more = !isWhole || this.#sentFrames < frames;
    this.#saidWhole = !more;
    const value = create(OpenVideoSchema, { imageIds: this.#ids(0, this.#sentFrames), more, width, height });
    this.#link.send({ case: "open", value });
    this.#append();
    void this.#tellAll();
  }

  /** Of a session that knows nothing: prompts first, then what has come of them. */
  async #tellAll(): Promise<void> {
    const track = this.#options.track();
    const prompts = track.objects.flatMap(({ id, person }) =>
      [...person.keys()].map((frame) => this.#prompt(id, frame)),
    );
    await Promise.all(prompts);
    if (!this.#isOpened) return;
    for (const frames of knownFrames(track)) {
      this.#link.send({ case: "known", value: create(KnownFramesSchema, { frames }) });
    }
    if (this.#run !== undefined) this.#sendRun();
  }

  async #prompt(object: number, frame: number, tries = 0): Promise<void> {
    try {
      await this.#sender.ensure(frame, tries > 0);
    } catch (error) {
      this.#giveUp((error as ServiceProblem).message);
      return;
    }
    const rle = objectOf(this.#options.track(), object)?.person.get(frame)?.rle;
    if (rle === undefined || !this.#isOpened) return;
    const prompt = { frame, object, prompt: { mask: { source: { case: "rle" as const, value: rle } } } };
    const sequence = this.#link.send({ case: "prompt", value: create(PromptObjectSchema, { prompt }) });
    this.#prompts.set(sequence, { object, frame, tries });
  }

  /** Frames that the service has not heard of, and once that these were all. */
  #append(): void {
    while (!this.#saidWhole) {
      const { frames, isWhole } = this.#options.video();
      const next = Math.min(frames, this.#sentFrames + idsAtOnce);
      const more = !isWhole || next < frames;
      if (more && next === this.#sentFrames) return;
      const imageIds = this.#ids(this.#sentFrames, next);
      this.#sentFrames = next;
      this.#saidWhole = !more;
      this.#link.send({ case: "append", value: create(AppendFramesSchema, { imageIds, more }) });
    }
  }

  #sendRun(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#sendAhead(run.from);
    run.sequence = this.#link.send({ case: "run", value: create(RunTrackSchema, { from: run.from }) });
  }

  /** Frames in the order in which they will be looked at: forwards, and then backwards. */
  #sendAhead(from: number): void {
    const todo = toMake(this.#options.track(), this.#options.video().frames);
    const order = [...todo.filter((frame) => frame >= from), ...todo.filter((frame) => frame < from).reverse()];
    this.#sender.ahead(order.slice(0, mostAhead));
  }

  #hear({ sequence, update }: TrackUpdate): void {
    const track = this.#options.track();
    switch (update.case) {
      case "prompted":
        this.#prompts.delete(sequence);
        this.#options.changed(outdated(track, update.value.outdated));
        break;
      case "frame": {
        const next = made(track, update.value);
        if (this.#run !== undefined) {
          this.#run.made++;
          this.#run.stops = 0;
          this.#sendAhead(update.value.frame);
        }
        this.#options.changed(next);
        break;
      }
      case "done":
        if (this.#run?.sequence !== sequence) break;
        this.#run = undefined;
        this.#changed();
        break;
      case "stopped":
        if (this.#run?.sequence === sequence) void this.#goOn(update.value.frame, update.value.error);
        break;
      case "failed": {
        const prompt = this.#prompts.get(sequence);
        this.#prompts.delete(sequence);
        this.#failed(sequence, update.value, prompt);
        break;
      }
    }
  }

  #failed(
    sequence: number,
    error: { readonly code: ErrorCode; readonly message: string },
    prompt: { readonly object: number; readonly frame: number; readonly tries: number } | undefined,
  ): void {
    // A newer one has taken its place.
    if (error.code === ErrorCode.CANCELLED) return;
    if (prompt !== undefined && error.code === ErrorCode.NOT_FOUND && prompt.tries < 2) {
      void this.#prompt(prompt.object, prompt.frame, prompt.tries + 1);
    } else if (this.#run?.sequence === sequence) void this.#goOn(this.#run.from, error);
    else this.#options.problem(error.message);
  }

  /** A run that has stopped goes on, once what it lacked is there or a moment has passed. */
  async #goOn(frame: number, error: { readonly code: ErrorCode; readonly message: string } | undefined): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    const mayPass =
      error === undefined ||
      [ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE, ErrorCode.RESOURCE_EXHAUSTED, ErrorCode.DEADLINE_EXCEEDED].includes(
        error.code,
      );
    if (!mayPass || ++run.stops > mostStops) {
      this.#giveUp(error?.message ?? "");
      return;
    }
    try {
      if (error?.code === ErrorCode.NOT_FOUND) await this.#sender.ensure(frame, true);
      else await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** run.stops));
    } catch (problem) {
      this.#giveUp((problem as ServiceProblem).message);
      return;
    }
    if (this.#run === run && this.#isOpened) this.#sendRun();
  }

  #giveUp(message: string): void {
    this.#run = undefined;
    this.#options.problem(message);
    this.#changed();
  }

  #changed(): void {
    this.#options.changed(this.#options.track());
  }

  #ids(first: number, end: number): string[] {
    return Array.from({ length: end - first }, (_, at) => this.#options.frameAt(first + at)?.imageId ?? "");
  }
}
