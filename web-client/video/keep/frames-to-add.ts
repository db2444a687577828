/*
 * Which of a video's frames a data set lacks, and how they are called there. Pure.
 */

/** A frame of the video. */
export interface WantedFrame {
  readonly name: string;
  readonly imageId: string;
}

/** A picture of the set. */
interface KnownPicture {
  readonly id: bigint;
  readonly name: string;
  readonly imageId: string;
}

/** A picture in the sequence. */
interface PlacedPicture extends KnownPicture {
  /** Its number there. */
  readonly frame: number;
}

/** What a data set has of a video. */
export interface FramesThere {
  /** Frames that are in the sequence already. */
  readonly placed: ReadonlySet<number>;
  /** Pictures of frames that are in the set, and have no place yet. */
  readonly pictures: ReadonlyMap<number, bigint>;
  /** Frames whose pictures are to be sent. */
  readonly missing: readonly number[];
}

/** Names of a video's pictures in a set, by its sequence: no two are alike. @param frames in their order. */
export function pictureNames(sequence: string, frames: readonly Pick<WantedFrame, "name">[]): string[] {
  const folder = folderOf(sequence);
  const isPlain = new Set(frames.map(({ name }) => name)).size === frames.length;
  return frames.map(({ name }, at) => {
    const file = name.replace(/[\p{Cc}\\/]/gu, "-");
    return `${folder}/${isPlain ? file : `${String(at).padStart(5, "0")}-${file}`}`;
  });
}

/** Pictures' names are paths: what a path may not have is left out of it. */
export function folderOf(sequence: string): string {
  const parts = sequence.split(/[/\\]/).map((part) => part.trim());
  const named = parts.filter((part) => !["", ".", ".."].includes(part));
  return named.length > 0 ? named.join("/") : "video";
}

/**
 * @param names of the frames' pictures. @param placed what the sequence has, where there is one. @param pictures of the set.
 * @returns undefined where the sequence, or the name of a picture, is another video's.
 */
export function framesThere(
  frames: readonly WantedFrame[],
  names: readonly string[],
  placed: readonly PlacedPicture[],
  pictures: readonly KnownPicture[],
): FramesThere | undefined {
  const isOther = placed.some(({ frame, imageId }) => frame < frames.length && frames[frame]?.imageId !== imageId);
  if (isOther) return undefined;
  const inPlace = new Set(placed.map(({ frame }) => frame).filter((frame) => frame < frames.length));
  const byName = new Map(pictures.map((one) => [one.name, one]));
  const known = new Map<number, bigint>();
  const missing: number[] = [];
  for (const [frame, { imageId }] of frames.entries()) {
    if (inPlace.has(frame)) continue;
    const there = byName.get(names[frame] ?? "");
    if (there !== undefined && there.imageId !== imageId) return undefined;
    if (there === undefined) missing.push(frame);
    else known.set(frame, there.id);
  }
  return { placed: inPlace, pictures: known, missing };
}

/** Frames a second of a video whose times are known, to a thousandth; 0: not known. */
export function rateOf(timesMs: readonly number[]): number {
  const [first = 0, last = 0] = [timesMs[0], timesMs.at(-1)];
  return last > first ? Math.round(((timesMs.length - 1) * 1_000_000) / (last - first)) / 1000 : 0;
}
