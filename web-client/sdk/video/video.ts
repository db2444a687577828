import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ErrorCode,
  type FrameMasks,
  type FrameRange,
  PromptObjectSchema,
  RleSchema,
  RunDoneSchema,
  type RunStopped,
  type RunTrackSchema,
  type TrackCommand,
  type TrackedMask,
  type TrackUpdate,
} from "../../../proto/index.js";
import type { ClientOptions } from "../client.js";
import { GatewayAt } from "../gateway-at.js";
import { MaskwireError, toldError } from "../maskwire-error.js";
import { pause } from "../pause.js";
import type { Prompt } from "../picture.js";
import { pictureIdOf } from "../picture-id.js";
import { putFrame } from "./put-frame.js";
import { TrackLink } from "./track-link.js";
import { commandOf, VideoMemory } from "./video-memory.js";

/** A frame: its file, what has it when it is asked for, or the id of a picture that the service has. */
export type FrameSource = Blob | Uint8Array | string | (() => Promise<Blob>);

export interface VideoOptions extends ClientOptions {
  readonly model?: string;
  /** Frames a second. */
  readonly frameRate?: number;
  /** Told how many frames the service has. */
  readonly onSent?: (frames: number) => void;
  /** Closes the video. */
  readonly signal?: AbortSignal;
}

/** An object on a frame, as a person shows it. */
export interface ShowObject extends Prompt {
  readonly frame: number;
  /** The caller's own number of it, from 1. */
  readonly object: number;
  /** Words for it, where one object on the frame is of that kind. */
  readonly text?: string;
  /** Points are beside the mask that it has there. */
  readonly fromCurrent?: boolean;
}

/** What a prompt leads to. */
export interface ShownObject {
  /** What has changed on its frame. */
  readonly objects: readonly TrackedMask[];
  /** What was tracked, and is out of date now: the next run makes it again. */
  readonly outdated: readonly FrameRange[];
}

export type RunTerms = Omit<MessageInitShape<typeof RunTrackSchema>, "$typeName" | "$unknown">;

interface Pending {
  readonly command: TrackCommand["command"];
  resolve(update: TrackUpdate["update"]): void;
  reject(error: unknown): void;
}

interface Running {
  /** Of its last saying: what is about an earlier one is of no interest. */
  sequence: number;
  command: TrackCommand["command"];
  readonly heard: TrackUpdate["update"][];
  wake(): void;
}

/** Runs that stop again where they did, until the caller is told. */
const mostTries = 5;
const restMs = 1000;
const uploadsAtOnce = 2;

/**
 * Opens a video: its frames, in their order, are sent where the service does not have them, and can be prompted and run meanwhile.
 *
 *     const video = await openVideo(files, { gateway: "http://localhost:8080" });
 *     await video.show({ frame: 0, object: 1, points: [{ x: 320, y: 200 }] });
 *     for await (const { frame, objects } of video.run()) draw(frame, objects);
 */
export async function openVideo(
  frames: Iterable<FrameSource> | AsyncIterable<FrameSource>,
  options: VideoOptions,
): Promise<Video> {
  options.signal?.throwIfAborted();
  const { WebSocket, key } = options;
  const gateway = new GatewayAt({ url: options.gateway, key: typeof key === "function" ? key : () => key, WebSocket });
  gateway.requireWebSocket();
  const video = new Video(gateway, frames, options);
  await video.begun;
  return video;
}

/** An open video. Whatever is asked when the connection is lost is asked again over the next one, with all that was known. */
export class Video {
  readonly #gateway: GatewayAt;
  readonly #options: VideoOptions;
  readonly #memory: VideoMemory;
  readonly #link: TrackLink;
  readonly #closing = new AbortController();
  readonly #sources: FrameSource[] = [];
  readonly #pending = new Map<number, Pending>();
  /** Said by itself on this connection, and not answered. */
  readonly #told = new Set<number>();
  /** What was shown last, by object and frame. */
  readonly #newest = new Map<string, TrackCommand["command"]>();
  #running: Running | undefined;
  /** New beginnings since all that it said by itself was taken. */
  #beginnings = 0;
  /** The first frame is there. @throws what kept it. */
  readonly begun: Promise<void>;
  /** All frames are there. */
  readonly sent: Promise<void>;

  /** Use {@link openVideo}. */
  constructor(gateway: GatewayAt, frames: Iterable<FrameSource> | AsyncIterable<FrameSource>, options: VideoOptions) {
    this.#gateway = gateway;
    this.#options = options;
    this.#memory = new VideoMemory(options);
    let isBegun = () => {};
    const first = new Promise<void>((resolve) => {
      isBegun = resolve;
    });
    this.sent = this.#send(frames, () => isBegun());
    this.begun = Promise.race([first, this.sent]);
    for (const one of [this.sent, this.begun]) one.catch((error) => this.#end(error));
    this.#link = new TrackLink({
      openSocket: () => gateway.openSocket(),
      onOpen: () => this.#sayAll(),
      onUpdate: (update) => this.#hear(update),
      onLost: (then) => {
        if (then === "stopped") this.#end(misunderstood());
        if (then === "signed-out") this.#end(toldError({ code: ErrorCode.UNAUTHENTICATED }));
      },
    });
    this.#link.want();
    options.signal?.addEventListener("abort", () => this.close(), { once: true });
  }

  /** Those that the service has, in their order. */
  get imageIds(): readonly string[] {
    return this.#memory.imageIds;
  }

  /** What is known of a frame's objects. */
  at(frame: number): readonly TrackedMask[] {
    return this.#memory.at(frame);
  }

  /** Shows an object on a frame: it is that from now on. @throws MaskwireError when it is refused. */
  async show({
    frame,
    object,
    points = [],
    box,
    mask,
    text = "",
    fromCurrent = false,
  }: ShowObject): Promise<ShownObject> {
    const prompt = {
      points: points.map(({ x, y, label = 1 }) => ({ x, y, label })),
      ...(box ? { box } : {}),
      ...(mask ? { mask: { source: { case: "rle" as const, value: create(RleSchema, mask) } } } : {}),
      text,
    };
    const value = create(PromptObjectSchema, { prompt: { frame, object, prompt }, fromCurrent });
    const command = commandOf({ case: "prompt", value });
    const key = `${object} ${frame}`;
    this.#newest.set(key, command);
    for (let tries = 1; ; tries++) {
      try {
        return shownOf(await this.#ask(command));
      } catch (error) {
        // Said again it would take the place of what was shown, or taken back, since.
        const isNewest = () => this.#newest.get(key) === command;
        if (!(error instanceof MaskwireError) || !isNewest()) throw error;
        await this.#recover(error, [frame], tries);
        if (!isNewest()) throw error;
      }
    }
  }

  /** Takes back what was shown of an object: on a frame, or all of it. */
  async remove(object: number, frame?: number): Promise<ShownObject> {
    for (const key of this.#newest.keys()) {
      if (frame === undefined ? key.startsWith(`${object} `) : key === `${object} ${frame}`) this.#newest.delete(key);
    }
    const value = { object, ...(frame === undefined ? {} : { frame }) };
    const update = await this.#ask(commandOf({ case: "remove", value }));
    this.#memory.removed(object, frame);
    return shownOf(update);
  }

  /**
   * Makes what is missing and what is out of date, a frame each as they are done. To read no more of it ends it.
   * @throws MaskwireError where it cannot go on. What was made stays: run again.
   */
  async *run(
    terms: RunTerms = {},
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<FrameMasks, void, undefined> {
    signal?.throwIfAborted();
    const command = commandOf({ case: "run", value: terms });
    const running = this.#begin(command);
    const leave = () => running.wake();
    signal?.addEventListener("abort", leave);
    let tries = 0;
    try {
      for (;;) {
        const update = running.heard.shift();
        signal?.throwIfAborted();
        if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
        if (!update) {
          await new Promise<void>((resolve) => {
            running.wake = resolve;
          });
        } else if (update.case === "frame") {
          tries = 0;
          yield update.value;
        } else if (update.case === "done") {
          return;
        } else if (update.case === "stopped" || update.case === "failed") {
          const { sequence } = running;
          const [error, missing] =
            update.case === "stopped" ? [update.value.error, missingOf(update.value)] : [update.value, []];
          await this.#recover(toldError(error), missing, ++tries);
          // A new connection has said it meanwhile, or a newer run has taken its place.
          if (running.sequence === sequence && this.#running === running) this.#sayRun(running);
        }
      }
    } finally {
      signal?.removeEventListener("abort", leave);
      if (this.#running === running) {
        this.#running = undefined;
        this.#say(this.#link.number(), commandOf({ case: "cancel", value: {} }));
      }
    }
  }

  /** Ends its connection. What still waits rejects. */
  close(): void {
    this.#end(this.#options.signal?.reason ?? new DOMException("The video was closed.", "AbortError"));
  }

  #begin(command: TrackCommand["command"]): Running {
    const replaced = this.#running;
    replaced?.heard.push({ case: "done", value: create(RunDoneSchema, { cancelled: true }) });
    const running: Running = { sequence: 0, command, heard: [], wake: () => {} };
    this.#running = running;
    this.#sayRun(running);
    replaced?.wake();
    return running;
  }

  /** From the first that is heard of one that makes all again, what it has not made yet is out of date: said again, it goes on. */
  #hasBegun(running: Running, { case: kind }: TrackUpdate["update"]): void {
    const { command } = running;
    if (command.case !== "run" || !command.value.again || (kind !== "frame" && kind !== "stopped")) return;
    this.#memory.isMadeAgain(command.value);
    running.command = commandOf({ case: "run", value: { ...command.value, again: false } });
  }

  #sayRun(running: Running): void {
    running.sequence = this.#link.number();
    this.#say(running.sequence, running.command);
  }

  /** Frames that nobody has any more are sent again; whoever is lost comes back. */
  async #recover(error: MaskwireError, frames: readonly number[], tries: number): Promise<void> {
    if (tries > mostTries) throw error;
    if (error.code === "NOT_FOUND") {
      const sources = frames.map((frame) => this.#sources[frame]);
      if (sources.length === 0 || !sources.every((source) => source !== undefined && typeof source !== "string"))
        throw error;
      for (const frame of frames) await this.#put(this.#memory.imageIds[frame] as string, this.#sources[frame]!);
      return;
    }
    if (error.retryAfterMs === undefined && error.code !== "UNAVAILABLE") throw error;
    await pause(error.retryAfterMs ?? restMs, this.#closing.signal);
  }

  #ask(command: TrackCommand["command"]): Promise<TrackUpdate["update"]> {
    const sequence = this.#link.number();
    return new Promise((resolve, reject) => {
      if (this.#closing.signal.aborted) return reject(this.#closing.signal.reason);
      this.#pending.set(sequence, { command, resolve, reject });
      this.#say(sequence, command);
    });
  }

  #say(sequence: number, command: TrackCommand["command"]): void {
    this.#link.wake();
    this.#link.send(command, sequence);
  }

  /** Says what nobody has asked for: its failure is the video's own. */
  #tell(command: TrackCommand["command"]): void {
    const sequence = this.#link.number();
    this.#told.add(sequence);
    this.#say(sequence, command);
  }

  #hearTold(update: TrackUpdate["update"]): void {
    if (update.case === "failed" && update.value.code !== ErrorCode.CANCELLED) {
      const error = toldError(update.value);
      const canWait = error.retryAfterMs !== undefined || error.code === "UNAVAILABLE";
      if (!canWait || ++this.#beginnings > mostTries) return this.#end(error);
      // What the gateway has of the video is not what was said: another connection begins with nothing.
      return this.#link.beginAnew(error.retryAfterMs ?? restMs);
    }
    // A prompt is CANCELLED where the caller's own, of the same object on the same frame, has taken its place.
    if (this.#told.size === 0) this.#beginnings = 0;
  }

  /** Over a new connection: what is known, then what was not answered. */
  #sayAll(): void {
    this.#told.clear();
    for (const command of this.#memory.replay()) this.#tell(command);
    for (const [sequence, { command }] of this.#pending) this.#say(sequence, command);
    if (this.#running) this.#sayRun(this.#running);
  }

  #hear({ sequence, update }: TrackUpdate): void {
    if (this.#told.delete(sequence)) return this.#hearTold(update);
    if (sequence === this.#running?.sequence) this.#hasBegun(this.#running, update);
    if (update.case === "frame") this.#memory.heardFrame(update.value);
    if (update.case === "prompted" && sequence !== 0) this.#memory.heardPrompted(update.value);
    if (sequence === this.#running?.sequence) {
      const { heard, wake } = this.#running;
      heard.push(update);
      if (update.case === "done") this.#running = undefined;
      wake();
      return;
    }
    const pending = this.#pending.get(sequence);
    if (!pending || update.case === "frame") return;
    this.#pending.delete(sequence);
    if (update.case === "failed") pending.reject(toldError(update.value));
    else pending.resolve(update);
  }

  async #send(frames: Iterable<FrameSource> | AsyncIterable<FrameSource>, onFirst: () => void): Promise<void> {
    const memory = this.#memory;
    const sending: { readonly imageId: string; readonly put: Promise<void> }[] = [];
    /** The next one is there: in their order, whichever is sent first. */
    const append = async () => {
      const next = sending.shift();
      if (!next) return;
      await next.put;
      memory.imageIds.push(next.imageId);
      this.#tell(commandOf({ case: "append", value: { imageIds: [next.imageId], more: true } }));
      this.#options.onSent?.(memory.imageIds.length);
      onFirst();
    };
    for await (const source of frames) {
      const imageId = typeof source === "string" ? source : await pictureIdOf(await fileOf(source));
      if (imageId === undefined) {
        throw new MaskwireError(
          ErrorCode.FAILED_PRECONDITION,
          "No digests can be computed here. Serve the page over HTTPS.",
        );
      }
      this.#sources.push(source);
      const put = this.#put(imageId, source);
      // Heard of when it is its turn.
      put.catch(() => {});
      sending.push({ imageId, put });
      if (sending.length >= uploadsAtOnce) await append();
    }
    while (sending.length > 0) await append();
    if (memory.imageIds.length === 0) throw new MaskwireError(ErrorCode.INVALID_ARGUMENT, "The video has no frames.");
    memory.more = false;
    this.#tell(commandOf({ case: "append", value: { imageIds: [], more: false } }));
  }

  async #put(imageId: string, source: FrameSource): Promise<void> {
    if (typeof source === "string") return;
    await putFrame(
      this.#gateway,
      {
        imageId,
        model: this.#options.model,
        file: () => fileOf(source),
        hasBegun: () => this.#memory.imageIds.length > 0,
      },
      this.#closing.signal,
    );
  }

  #end(reason: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(reason);
    this.#link.close();
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#running?.wake();
  }
}

const misunderstood = () =>
  new MaskwireError(
    ErrorCode.INTERNAL,
    "The service does not understand this client. Take versions of both that belong together.",
  );

function shownOf(update: TrackUpdate["update"]): ShownObject {
  const { frame, outdated = [] } = update.case === "prompted" ? update.value : {};
  return { objects: frame?.objects ?? [], outdated };
}

/** A gateway of an earlier version names one. */
const missingOf = ({ frame, missing }: RunStopped) => (missing.length > 0 ? missing : [frame]);

async function fileOf(source: Exclude<FrameSource, string>): Promise<Blob> {
  if (typeof source === "function") return await source();
  return source instanceof Blob ? source : new Blob([source as Uint8Array<ArrayBuffer>]);
}
