import { baseOf, folderOf, stemOf } from "../pictures/plain-name.js";
import type { Source } from "../types.js";

/** `Annotations/480p/bear/00000.png`, or without a resolution. */
const maskPath = /(?:^|\/)Annotations\/((?:[^/]+\/)?([^/]+))\/[^/]+\.png$/;
const picturePath = /(?:^|\/)JPEGImages\/((?:[^/]+\/)?([^/]+))\/[^/]+$/;

/** The masks of videos in DAVIS's folders: PNGs below `Annotations` whose pictures are in a folder alike below `JPEGImages`. */
export function davisMasks(source: Source): string[] {
  const videos = new Set(source.files.flatMap(({ path }) => picturePath.exec(path)?.[1] ?? []));
  const isListed = source.files.some(({ path }) => /(^|\/)ImageSets\/20\d\d\/[^/]+\.txt$/.test(path));
  return source.files
    .map(({ path }) => path)
    .filter((path) => {
      const folder = maskPath.exec(path)?.[1];
      return folder !== undefined && (isListed || videos.has(folder));
    });
}

/** A video of DAVIS's: its masks and its pictures, by their names without ending. */
interface DavisVideo {
  readonly name: string;
  readonly masks: ReadonlyMap<string, string>;
  readonly pictures: ReadonlyMap<string, string>;
}

/** The videos that masks are of. One that is there in several resolutions is called after both. */
export function davisVideos(source: Source, masks: readonly string[]): DavisVideo[] {
  const videos = new Map<string, { name: string; masks: Map<string, string>; pictures: Map<string, string> }>();
  for (const path of masks) {
    const [, key = "", name = ""] = maskPath.exec(path) ?? [];
    const video = videos.get(key) ?? { name, masks: new Map(), pictures: new Map() };
    video.masks.set(stemOf(baseOf(path)), path);
    videos.set(key, video);
  }
  for (const { path } of source.files) {
    const [, key = ""] = picturePath.exec(path) ?? [];
    videos.get(key)?.pictures.set(stemOf(baseOf(path)), path);
  }
  const names = [...videos.values()].map(({ name }) => name);
  return [...videos].map(([key, video]) => {
    const isShared = names.filter((one) => one === video.name).length > 1;
    return isShared ? { ...video, name: `${video.name} ${folderOf(key).slice(0, -1)}`.trim() } : video;
  });
}
