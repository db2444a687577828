import { create } from "@bufbuild/protobuf";
import {
  AppendFramesSchema,
  CancelRunSchema,
  ErrorCode,
  KnownFramesSchema,
  OpenVideoSchema,
  PromptObjectSchema,
  RemovePromptSchema,
  type RunStopped,
  RunTrackSchema,
  type Error as ServiceError,
  type TrackUpdate,
} from "../../../proto/index.js";
import type { ServiceProblem } from "../../datasets/net/ask-service.js";
import type { SocketPort } from "../../sdk/session/socket.js";
import { TrackLink } from "../../sdk/video/track-link.js";
import { words } from "../../words/words.js";
import type { Correction } from "../state/canvas-objects.js";
import { knownFrames } from "../state/replay.js";
import { made, nextToMake, objectOf, outdated, type Track } from "../state/track.js";
import { FrameSender, type SentFrame } from "./frame-sender.js";

/** Frames are sent so far ahead of the one that is made: what is behind it need not be kept there. */
const mostAhead = 24;
/** A run that stops so often without making a frame is given up. */
const mostStops = 6;
const appendMs = 400;
/** The first wait for what may pass; the next is twice as long. */
const waitMs = 500;
const mostPromptTries = 2;
const passing: readonly ErrorCode[] = [
  ErrorCode.NOT_FOUND,
  ErrorCode.UNAVAILABLE,
  ErrorCode.RESOURCE_EXHAUSTED,
  ErrorCode.DEADLINE_EXCEEDED,
];

/** Room that is said to be there after a while; where nobody says so there will be none. */
const mayPass = ({ code, retryAfterMs }: Failure) =>
  passing.includes(code) && (code !== ErrorCode.RESOURCE_EXHAUSTED || retryAfterMs !== undefined);

type Failure = Pick<ServiceError, "code" | "message" | "retryAfterMs">;
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
  readonly #closing = new AbortController();
  #sentFrames = 0;
  #saidWhole = false;
  #appending: ReturnType<typeof setTimeout> | undefined;
  #isOpened = false;
  #run: Run | undefined;
  #isLost = false;
  /** Counts what begins with all that is known: what was on its way to the one before is not for the next. */
  #session = 0;
  /** It is being told all that is known; a run comes behind that. */
  #isTelling = false;
  /** Prompts that are not sent yet, as their frames have to be there first. */
  readonly #onTheirWay = new Set<Promise<void>>();
  /** Commands without whose success all else is nothing, until they are answered: the video, its frames, what is known. */
  readonly #base = new Set<number>();
  #opening = 0;
  #retellings = 0;
  #retelling: ReturnType<typeof setTimeout> | undefined;
  #isRefused = false;
  /** Prompts by the number that they were sent with. */
  readonly #prompts = new Map<number, { readonly object: number; readonly frame: number; readonly tries: number }>();

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#sender = new FrameSender(options.frameAt, ({ message }) => this.#giveUp(message));
    this.#link = new TrackLink({
      openSocket: () => options.openSocket(),
      onOpen: () => this.#begin(),
      onUpdate: (update) => this.#hear(update),
      onLost: (then) => {
        this.#endSession();
        this.#isLost = true;
        if (then === "signed-out") this.#giveUp(words.link.signInFirst);
        else if (then === "stopped") this.#giveUp(words.problems.misunderstood);
        else this.#changed();
      },
    });
    addEventListener("online", () => this.#link.hurry(), { signal: this.#closing.signal });
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
          this.#prompt(one.object, one.frame);
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
            this.#prompt(one.object, frame);
          }
          break;
      }
    }
  }

  /** Makes what is missing or out of date, from a frame on. */
  start(from: number): void {
    this.#run = { from, made: 0, sequence: 0, stops: 0 };
    this.#retellings = 0;
    this.#link.want();
    if (this.#isRefused && this.#isOpened) this.#begin();
    else if (this.#isOpened && !this.#isTelling) void this.#sendRun();
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
    if (this.#run !== undefined) this.#link.wake();
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
    this.#endSession();
    this.#link.close();
    this.#closing.abort();
  }

  #endSession(): void {
    this.#session++;
    this.#isOpened = false;
    this.#isTelling = false;
    clearTimeout(this.#retelling);
    this.#prompts.clear();
    this.#onTheirWay.clear();
    this.#base.clear();
  }

  #begin(): void {
    const { frames, isWhole, width, height } = this.#options.video();
    this.#endSession();
    this.#isLost = false;
    this.#isRefused = false;
    this.#isOpened = true;
    this.#sender.forget();
    this.#sentFrames = Math.min(frames, idsAtOnce);
    const more = !isWhole || this.#sentFrames < frames;
    this.#saidWhole = !more;
    const value = create(OpenVideoSchema, { imageIds: this.#ids(0, this.#sentFrames), more, width, height });
    this.#opening = this.#link.send({ case: "open", value });
    this.#base.add(this.#opening);
    this.#append();
    void this.#tellAll();
  }

  /** Of a session that knows nothing: prompts first, then what has come of them. */
  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    for (const { id, person } of this.#options.track().objects) {
      for (const frame of person.keys()) this.#prompt(id, frame);
    }
    if (!(await this.#allPrompted())) return;
    // A person may have corrected more in the meantime.
    for (const frames of knownFrames(this.#options.track())) {
      this.#base.add(this.#link.send({ case: "known", value: create(KnownFramesSchema, { frames }) }));
    }
    this.#isTelling = false;
    void this.#sendRun();
  }

  /** Waits until all prompts are sent. @returns false where that session is no more. */
  async #allPrompted(): Promise<boolean> {
    const session = this.#session;
    while (session === this.#session && this.#onTheirWay.size > 0) await Promise.all(this.#onTheirWay);
    return session === this.#session;
  }

  #prompt(object: number, frame: number, tries = 0, afterMs = 0): void {
    const way = this.#sendPrompt({ object, frame, tries }, afterMs).finally(() => this.#onTheirWay.delete(way));
    this.#onTheirWay.add(way);
  }

  async #sendPrompt(one: { object: number; frame: number; tries: number }, afterMs: number): Promise<void> {
    const { object, frame, tries } = one;
    const session = this.#session;
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
    try {
      await this.#sender.ensure(frame, tries > 0);
    } catch (error) {
      if (session === this.#session) this.#giveUp((error as ServiceProblem).message);
      return;
    }
    const rle = objectOf(this.#options.track(), object)?.person.get(frame)?.rle;
    if (rle === undefined || session !== this.#session) return;
    const prompt = { frame, object, prompt: { mask: { source: { case: "rle" as const, value: rle } } } };
    const sequence = this.#link.send({ case: "prompt", value: create(PromptObjectSchema, { prompt }) });
    this.#prompts.set(sequence, one);
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
      this.#base.add(this.#link.send({ case: "append", value: create(AppendFramesSchema, { imageIds, more }) }));
    }
  }

  /** Behind what a person has shown: an object of which the service has not heard would be left out. */
  async #sendRun(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    this.#sendAhead(run.from);
    if (!(await this.#allPrompted()) || this.#run !== run) return;
    run.sequence = this.#link.send({ case: "run", value: create(RunTrackSchema, { from: run.from }) });
  }

  /** Frames in the order in which they will be looked at: forwards, and then backwards. */
  #sendAhead(from: number): void {
    this.#sender.ahead(nextToMake(this.#options.track(), this.#options.video().frames, from, mostAhead));
  }

  #hear({ sequence, update }: TrackUpdate): void {
    const track = this.#options.track();
    switch (update.case) {
      case "opened":
        this.#base.delete(sequence);
        break;
      case "prompted":
        this.#prompts.delete(sequence);
        this.#options.changed(outdated(track, update.value.outdated));
        break;
      case "frame": {
        const next = made(track, update.value);
        this.#retellings = 0;
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
        if (this.#run?.sequence === sequence) void this.#goOn(missingOf(update.value), update.value.error);
        break;
      case "failed":
        this.#failed(sequence, update.value);
        break;
    }
  }

  #failed(sequence: number, error: Failure): void {
    // What could not be read at all has no number.
    const isOld = !this.#isOpened || (sequence !== 0 && sequence < this.#opening);
    const prompt = this.#prompts.get(sequence);
    this.#prompts.delete(sequence);
    // Either all is said again as it is, or a newer one has taken its place.
    if (isOld || error.code === ErrorCode.CANCELLED) return;
    if (this.#base.delete(sequence) || sequence === 0) this.#tellAgain(error);
    else if (prompt !== undefined && passing.includes(error.code) && prompt.tries < mostPromptTries) {
      const { object, frame, tries } = prompt;
      const afterMs = error.code === ErrorCode.NOT_FOUND ? 0 : (error.retryAfterMs ?? waitMs * 2 ** tries);
      this.#prompt(object, frame, tries + 1, afterMs);
    } else if (this.#run?.sequence === sequence) void this.#goOn([this.#run.from], error);
    else this.#options.problem(error.message);
  }

  /** The service does not have the video as it is: it is told all of it again, or the person why not. */
  #tellAgain(error: Failure): void {
    // What is known is refused, too, where a prompt before it waits to be said again.
    const mayPass = passing.includes(error.code) || this.#onTheirWay.size > 0;
    if (!mayPass || ++this.#retellings > mostStops) {
      this.#isRefused = true;
      this.#giveUp(error.message);
      return;
    }
    this.#endSession();
    const afterMs = Math.max(error.retryAfterMs ?? 0, waitMs * 2 ** this.#retellings);
    this.#retelling = setTimeout(() => this.#begin(), afterMs);
  }

  /** A run that has stopped goes on, once what it lacked is there or a moment has passed. */
  async #goOn(missing: readonly number[], error: Failure | undefined): Promise<void> {
    const run = this.#run;
    const session = this.#session;
    if (run === undefined) return;
    if ((error !== undefined && !mayPass(error)) || ++run.stops > mostStops) {
      this.#giveUp(error?.message ?? "");
      return;
    }
    const afterMs = Math.max(error?.retryAfterMs ?? 0, waitMs * 2 ** run.stops);
    try {
      if (error?.code === ErrorCode.NOT_FOUND)
        await Promise.all(missing.map((frame) => this.#sender.ensure(frame, true)));
      else await new Promise((resolve) => setTimeout(resolve, afterMs));
    } catch (problem) {
      if (this.#run === run) this.#giveUp((problem as ServiceProblem).message);
      return;
    }
    // A session that has begun since has been told of the run.
    if (this.#run === run && session === this.#session) void this.#sendRun();
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

/** A gateway of an earlier version names one. */
const missingOf = ({ frame, missing }: RunStopped) => (missing.length > 0 ? missing : [frame]);
