import { readFile } from "node:fs/promises";
import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type FrameMasks, type TrackPrompt, TrackPromptSchema, TrackState } from "../../../../proto/index.js";
import { imageIdOf } from "../../../runtime/image-id.js";
import { CommandError, usageError } from "../command-error.js";
import { sequenceName } from "../dataset/send-sequence.js";
import type { GatewayClient } from "../gateway-client.js";
import { Notices } from "../notices.js";
import { progressBar } from "../progress-bar.js";
import { type SegmentOptions, toPrompt } from "../segment-photo.js";
import { type GatewayOptions, withGateway } from "../with-gateway.js";
import { checkPlaces } from "./check-places.js";
import { chooseTracks } from "./choose-tracks.js";
import { handedOn, reachOf } from "./handed-on.js";
import type { FrameFile, FrameList } from "./input/frame-list.js";
import { openFrames } from "./input/open-frames.js";
import { datasetsOf, type KeepOptions, keepTracks } from "./keep-tracks.js";
import type { Layout } from "./outputs/layout-names.js";
import { openOutput, writeMasks } from "./outputs/write-masks.js";
import { type Portion, portionsOf } from "./portions.js";

/** The options of `maskwire track` as commander hands them over. */
export interface TrackOptions
  extends Omit<GatewayOptions, "json">,
    KeepOptions,
    Pick<SegmentOptions, "point" | "negative" | "box"> {
  frame?: number;
  objects?: string;
  first?: number;
  last?: number;
  fps?: number;
  keepFrames?: string;
  /** Left out where what is found is kept in a data set. */
  out?: string;
  layout: Layout;
}

/** `maskwire track INPUT`: objects through the frames of a video. @throws CommandError with the sentence to end with. */
export async function trackFrames(input: string, options: TrackOptions): Promise<void> {
  const { out, layout, dataset } = options;
  if (out === undefined && dataset === undefined) {
    throw usageError("Say where the masks go: --out, a folder, or --dataset, the data set that keeps them.");
  }
  if (out !== undefined) await checkPlaces(input, { ...options, out });
  const prompts = await promptsOf(options);
  const objects = prompts.map(({ object }) => object);
  const output = out === undefined ? undefined : await openOutput(out, layout, objects);
  await using list = await read(input, options, prompts);
  const files = list.frames;
  checkPrompts(prompts, files.length);
  const first = options.first ?? 0;
  const last = Math.min(options.last ?? files.length - 1, files.length - 1);
  if (first > last) throw usageError(`--first ${first} is behind the last frame, ${last}.`);
  const ids: string[] = [];
  for (const file of files) ids.push(imageIdOf(await file.read()));
  await withGateway(options, async (client, notices) => {
    const sets = datasetsOf(client);
    const wish = { prompts, names: options.track ?? [], label: options.label };
    const tracks =
      dataset === undefined
        ? []
        : await chooseTracks(sets, { ...wish, dataset, sequence: sequenceName(input, options.sequence) });
    const reach = reachOf(await client.models(), options.model ?? "");
    const video = new Video(client, { files, ids, prompts, notices, reach });
    for (const some of portionsOf(prompts, { first, last })) await video.track(some);
    notices.clear();
    const wanted = files.slice(first, last + 1);
    const masks = wanted.map((_, at) => video.masks.get(first + at));
    if (output) {
      await writeMasks({ files: wanted, masks, size: video.size }, output);
      process.stdout.write(`${video.summary(first, last)}: ${out}\n`);
    }
    if (dataset === undefined) return;
    const frames = wanted.map((file, at) => ({ file, number: first + at }));
    const followed = { input, frames, masks: video.masks, prompts, tracks, model: options.model ?? "" };
    const kept = await keepTracks(sets, notices, followed, options);
    process.stdout.write(`${output ? "" : `${video.summary(first, last)}: `}${kept}\n`);
  });
}

/** The frames of the input, as far as they are needed: before a gateway is started for them. */
async function read(input: string, options: TrackOptions, prompts: readonly TrackPrompt[]): Promise<FrameList> {
  const { fps, keepFrames, last } = options;
  const notices = new Notices();
  try {
    return await openFrames(input, {
      ...(fps === undefined ? {} : { fps }),
      ...(keepFrames === undefined ? {} : { keep: keepFrames }),
      ...(last === undefined ? {} : { upTo: Math.max(last, ...prompts.map(({ frame }) => frame)) }),
      onFrame: (done, expected) => {
        const share = expected ? `${progressBar(Math.min(1, done / expected))} ` : "";
        notices.progress(`${share}reading frame ${done}`);
      },
    });
  } finally {
    notices.clear();
  }
}

interface VideoParts {
  files: readonly FrameFile[];
  ids: readonly string[];
  prompts: readonly TrackPrompt[];
  notices: Notices;
  /** Frames that a portion goes on from, on either side. */
  reach: number;
}

/** A video's frames and what is known of them. */
class Video {
  readonly masks = new Map<number, FrameMasks>();
  readonly #client: GatewayClient;
  readonly #parts: VideoParts;
  #size = { width: 0, height: 0 };

  constructor(client: GatewayClient, parts: VideoParts) {
    this.#client = client;
    this.#parts = parts;
  }

  get size() {
    return this.#size;
  }

  /** Frames from `first` to `last`, and what they go on from. */
  async track({ first, last }: Portion): Promise<void> {
    const { ids, prompts, notices, files, reach } = this.#parts;
    const touched = new Set(prompts.map(({ frame }) => frame));
    for (const frame of touched) await this.#give(frame);
    for (let frame = first; frame <= last; frame++) {
      notices.progress(`sending frame ${frame + 1} of ${files.length}`);
      await this.#give(frame);
    }
    const known = handedOn(this.masks, { first, last }, reach);
    for (const { frame = 0 } of known) await this.#give(frame);
    for await (const { event } of this.#client.track({
      imageIds: [...ids],
      prompts: [...prompts],
      first,
      last,
      known,
    })) {
      if (event.case === "done") this.#size = { width: event.value.width, height: event.value.height };
      if (event.case !== "frame") continue;
      const { frame } = event.value;
      if (frame < first || frame > last) continue;
      this.masks.set(frame, event.value);
      notices.progress(`frame ${frame + 1} of ${files.length}`);
      if (event.value.cut) notices.say(`there is likely a cut before ${files[frame]?.name}.`);
    }
  }

  /** How many frames are sure, and which a person should look at. */
  summary(first: number, last: number): string {
    const { files } = this.#parts;
    const unsure: string[] = [];
    for (let frame = first; frame <= last; frame++) {
      const isUnsure = this.masks.get(frame)?.objects.some(({ state }) => state === TrackState.UNSURE);
      if (isUnsure) unsure.push(files[frame]?.name ?? "");
    }
    const count = last - first + 1;
    const frames = count === 1 ? "1 frame" : `${count} frames`;
    if (unsure.length === 0) return frames;
    const shown = unsure.slice(0, 5).join(", ");
    return `${frames}, ${unsure.length} of them unsure (${shown}${unsure.length > 5 ? ", ..." : ""}): prompt the object there as well`;
  }

  async #give(frame: number): Promise<void> {
    const { files, ids, notices } = this.#parts;
    const { name, read } = files[frame] as FrameFile;
    const imageId = ids[frame] as string;
    if (await this.#client.lookup(imageId)) return;
    const bytes = await read();
    if (imageIdOf(bytes) !== imageId) throw new CommandError(`${name} has changed while its video was followed.`);
    await this.#client.upload(imageId, bytes, () => notices.progress(`sending ${name}`));
  }
}

/** @throws CommandError (bad usage) with what is wrong. */
async function promptsOf(options: TrackOptions): Promise<TrackPrompt[]> {
  const { objects, frame = 0, point, negative, box } = options;
  const isHere = point !== undefined || negative !== undefined || box !== undefined;
  if (objects !== undefined && isHere)
    throw usageError("Say where objects are by --objects, or one by --point and --box.");
  return objects === undefined
    ? [create(TrackPromptSchema, { frame, object: 1, prompt: toPrompt(options) })]
    : readPrompts(objects);
}

/** @throws CommandError (bad usage) for one on a frame that is not there. */
function checkPrompts(prompts: readonly TrackPrompt[], count: number): void {
  for (const { frame } of prompts) {
    if (frame >= count) throw usageError(`A prompt is on frame ${frame}; the last is ${count - 1}.`);
  }
}

async function readPrompts(path: string): Promise<TrackPrompt[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${path} cannot be read: ${error.message}`, 1, error);
  });
  try {
    const list = JSON.parse(text) as JsonValue[];
    return list.map((one) => fromJson(TrackPromptSchema, one));
  } catch (error) {
    throw usageError(
      `${path} is no list of prompts such as [{"object": 1, "frame": 0, "prompt": {"points": [{"x": 500, "y": 375}]}}]: ${(error as Error).message}`,
    );
  }
}
