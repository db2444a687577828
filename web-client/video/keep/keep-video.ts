import type { Dataset, DatasetPicture, DatasetTrack, SaveTracksResponse } from "../../../proto/index.js";
import { ServiceProblem } from "../../datasets/net/ask-service.js";
import { retryDelayMs } from "../../datasets/net/retry-delay.js";
import { DatasetService } from "../../datasets/net/service.js";
import { pause } from "../../sdk/pause.js";
import { VideoProblem } from "../frames/frame-source.js";
import type { Track } from "../state/track.js";
import { words } from "../words/words.js";
import { type FramesThere, folderOf, framesThere, pictureNames, rateOf, type WantedFrame } from "./frames-to-add.js";
import { type NamedObject, tracksOf } from "./name-tracks.js";
import { tracksToKeep } from "./tracks-to-keep.js";

/** Pictures on their way at once: the next one's way while the one before is written down. */
const atOnce = 3;
const mostTries = 4;
const pageSize = 500;

/** A video as it is when it is kept. */
export interface VideoToKeep {
  readonly frames: readonly (WantedFrame & { readonly timeMs: number | undefined })[];
  /** @throws VideoProblem where the browser has it no more. */
  readonly fileOf: (frame: number) => Promise<Blob>;
  readonly track: Track;
  readonly objects: readonly NamedObject[];
  /** Told of each object that is a track now. */
  readonly onKept: (object: number, sequence: bigint, track: bigint) => void;
  /** That made its masks; empty: not known. */
  readonly model: string;
}

/** What a person has chosen. */
interface Choice {
  readonly set: Dataset;
  /** The sequence's. */
  readonly name: string;
  /** By objects' numbers; 0: none. */
  readonly labels: ReadonlyMap<number, number>;
  /** Objects whose label a person has chosen: a track that is there gets it. */
  readonly labelled: ReadonlySet<number>;
}

export interface KeepProgress {
  readonly what: "frames" | "masks";
  readonly done: number;
  readonly all: number;
}

/** What has come of it. */
export interface Kept {
  readonly sequence: bigint;
  /** Frames that the sequence has got, and that it had. */
  readonly added: number;
  readonly there: number;
  /** Of masks, as `SaveTracksResponse` has them. */
  readonly counts: Readonly<Record<Count, number>>;
  /** Tracks that were there with another label than was chosen, and keep it. */
  readonly otherLabels: readonly string[];
  /** New tracks that are called otherwise than their objects, for the video has one of that name: both names. */
  readonly otherNames: readonly (readonly [object: string, track: string])[];
}

const kinds = ["made", "replaced", "same", "gone", "left"] as const;
type Count = (typeof kinds)[number];

interface KeepOptions {
  readonly onProgress: (progress: KeepProgress) => void;
  readonly signal: AbortSignal;
}

/**
 * Puts a video into a data set: pictures of its frames, a sequence of them, and the masks that stand. What is there already is not
 * sent again: who does it twice, or goes on after it has ended in the middle, keeps nothing twice.
 * @throws VideoProblem; ServiceProblem; whatever aborted the signal.
 */
export async function keepVideo(video: VideoToKeep, choice: Choice, options: KeepOptions): Promise<Kept> {
  const { signal } = options;
  const service = new DatasetService(choice.set.id);
  const found = await patiently(() => service.listSequences({ name: choice.name }, signal), signal);
  const known = found.sequences[0]?.id;
  const names = pictureNames(choice.name, video.frames);
  const [placed, pictures] = [
    known === undefined ? [] : await picturesOf(service, { sequence: known }, signal),
    await picturesOf(service, { name: `${folderOf(choice.name)}/` }, signal),
  ];
  const there = framesThere(video.frames, names, placed, pictures);
  if (there === undefined) throw new VideoProblem(words.keep.otherFrames(choice.name, choice.set.name));
  const ids = await addPictures(service, video, names, there, options);
  const sequence = await putInOrder(service, video, choice.name, known, ids, signal);
  const masks = await saveMasks(service, sequence, video, choice, options);
  return { sequence, added: ids.size, there: there.placed.size, ...masks };
}

/** All that a filter takes. */
async function picturesOf(
  service: DatasetService,
  filter: { readonly sequence: bigint } | { readonly name: string },
  signal: AbortSignal,
) {
  const all: DatasetPicture[] = [];
  for (let page = ""; ; ) {
    const answer = await patiently(() => service.listPictures({ filter, pageSize, page }, signal), signal);
    all.push(...answer.pictures);
    page = answer.nextPage;
    if (page === "")
      return all.map(({ id, name, image, frame }) => ({ id, name, imageId: image?.imageId ?? "", frame }));
  }
}

/** @returns pictures that have no place yet by their frames, in their order. */
async function addPictures(
  service: DatasetService,
  { frames, fileOf }: VideoToKeep,
  names: readonly string[],
  { pictures, missing }: FramesThere,
  { onProgress, signal }: KeepOptions,
): Promise<Map<number, bigint>> {
  const ids = new Map(pictures);
  const tell = (done: number) => onProgress({ what: "frames", done, all: missing.length });
  const next = missing.values();
  let done = 0;
  let hasFailed = false;
  const work = async () => {
    for (const frame of next) {
      if (hasFailed) return;
      const place = { name: names[frame] ?? "", split: "", imageId: frames[frame]?.imageId ?? "" };
      const file = await fileOf(frame);
      const { id } = await patiently(() => service.addPicture(file, place, () => {}, signal), signal);
      ids.set(frame, id);
      tell(++done);
    }
  };
  const failed = (error: unknown) => {
    hasFailed = true;
    throw error;
  };
  tell(0);
  await Promise.all(Array.from({ length: atOnce }, () => work().catch(failed)));
  return new Map([...ids].sort(([a], [b]) => a - b));
}

/** @returns the sequence. */
async function putInOrder(
  service: DatasetService,
  { frames }: VideoToKeep,
  name: string,
  known: bigint | undefined,
  ids: ReadonlyMap<number, bigint>,
  signal: AbortSignal,
): Promise<bigint> {
  if (known !== undefined && ids.size === 0) return known;
  const times = frames.flatMap(({ timeMs }) => (timeMs === undefined ? [] : [Math.round(timeMs)]));
  const areTimed = times.length === frames.length;
  const numbers = [...ids.keys()];
  const placed = {
    pictures: [...ids.values()],
    numbers,
    timesMs: areTimed ? numbers.map((frame) => times[frame] ?? 0) : [],
  };
  if (known !== undefined) {
    await patiently(() => service.addFrames(known, placed, signal), signal);
    return known;
  }
  const frameRate = areTimed ? rateOf(times) : 0;
  return (await service.createSequence({ name, frameRate, ...placed }, signal)).id;
}

async function saveMasks(
  service: DatasetService,
  sequence: bigint,
  { frames, track, objects, model, onKept }: VideoToKeep,
  { labels, labelled }: Choice,
  { onProgress, signal }: KeepOptions,
): Promise<Pick<Kept, "counts" | "otherLabels" | "otherNames">> {
  const labelOf = (object: number) => labels.get(object) ?? 0;
  const tracks = tracksOf(objects, sequence, await listTracks(service, sequence, signal));
  for (const [object, { there }] of tracks) {
    const label = labelOf(object);
    if (there === undefined || !labelled.has(object) || there.label === label) continue;
    await service.updateTrack(there.id, { revision: there.revision, label });
  }
  const portions = tracksToKeep(track, frames.length, (object) => tracks.get(object)?.name ?? "", labelOf);
  const all = portions.reduce((sum, portion) => sum + portion.frames.length, 0);
  const counts: Record<Count, number> = { made: 0, replaced: 0, same: 0, gone: 0, left: 0 };
  const otherLabels = new Set<string>();
  let done = 0;
  onProgress({ what: "masks", done, all });
  for (const portion of portions) {
    const saved = await patiently(() => service.saveTracks(sequence, { ...portion, model }, signal), signal);
    for (const kind of kinds) counts[kind] += saved[kind];
    for (const name of othersLabelled(portion.objects, saved)) otherLabels.add(name);
    for (const [at, { object }] of portion.objects.entries()) onKept(object, sequence, saved.tracks[at]?.id ?? 0n);
    done += portion.frames.length;
    onProgress({ what: "masks", done, all });
  }
  const otherNames = objects.flatMap(({ id, name }) => {
    const made = tracks.get(id);
    return made === undefined || made.there !== undefined || made.name === name ? [] : [[name, made.name] as const];
  });
  return { counts, otherLabels: [...otherLabels], otherNames };
}

/** All of a sequence's. */
async function listTracks(service: DatasetService, sequence: bigint, signal: AbortSignal): Promise<DatasetTrack[]> {
  const all: DatasetTrack[] = [];
  for (let page = ""; ; ) {
    const answer = await patiently(() => service.listTracks(sequence, { pageSize, page }, signal), signal);
    all.push(...answer.tracks);
    page = answer.nextPage;
    if (page === "") return all;
  }
}

/** Who has chosen none minds none. */
const othersLabelled = (objects: readonly { readonly label: number }[], { tracks }: SaveTracksResponse) =>
  tracks.flatMap(({ name, label }, at) => {
    const chosen = objects[at]?.label ?? 0;
    return chosen !== 0 && chosen !== label ? [name] : [];
  });

/** What may pass is waited for, a few times. @throws ServiceProblem; whatever aborted the signal. */
async function patiently<Answer>(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  for (let tried = 1; ; tried++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceProblem && error.mayPass) || tried >= mostTries) throw error;
      await pause(retryDelayMs(tried), signal);
    }
  }
}
