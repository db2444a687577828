import { bitmapToRle, encodeRle } from "../../../../proto/index.js";
import type {
  ExportLabel,
  ExportObject,
  ExportPicture,
  ExportSequence,
  ExportSet,
  ExportTrack,
  FilledPicture,
  Mask,
} from "../types.js";

/** A mask from rows of `#` and other signs. */
function maskFrom(rows: readonly string[]): Mask {
  const width = rows[0]?.length ?? 0;
  const pixels = Uint8Array.from(rows.join(""), (sign) => (sign === "#" ? 1 : 0));
  return encodeRle(bitmapToRle(pixels, width, rows.length));
}

export const objectFrom = (id: number, rows: readonly string[], more: Partial<ExportObject> = {}): ExportObject => ({
  id,
  rle: maskFrom(rows),
  attributes: {},
  ...more,
});

interface SetPicture extends Partial<Omit<ExportPicture, "id" | "width" | "height">> {
  readonly name: string;
  readonly split?: string;
  readonly objects: readonly ExportObject[];
  readonly width?: number;
  readonly height?: number;
}

/** Of pictures with objects; sizes are their masks'. @param videos whose frames are those pictures that say so, in their order. */
export function setOf(
  labels: readonly ExportLabel[],
  pictures: readonly SetPicture[],
  videos: readonly { readonly id: number; readonly name: string; readonly tracks: readonly ExportTrack[] }[] = [],
): ExportSet {
  const all = pictures.map(({ split = "", objects, ...picture }, at): [string, FilledPicture] => {
    const [height = 1, width = 1] = objects[0]?.rle.size ?? [];
    return [split, { picture: { id: at + 1, width, height, attributes: {}, ...picture }, objects }];
  });
  const filled = (split: string) => all.filter(([own]) => own === split).map(([, one]) => one);
  return {
    labels,
    hasUnlabelled: all.some(([, { objects }]) => objects.some(({ label }) => label === undefined)),
    splits: [...new Set(all.map(([split]) => split))],
    pictures: (split) => each(filled(split).map(({ picture }) => picture)),
    filled: (split) => each(filled(split)),
    sequences: (split) =>
      each(
        videos.flatMap((video) => {
          const frames = filled(split).filter(({ picture }) => picture.frame?.sequence === video.id);
          return frames.length > 0 ? [sequenceOf(video, frames)] : [];
        }),
      ),
  };
}

function sequenceOf(
  video: { readonly id: number; readonly name: string; readonly tracks: readonly ExportTrack[] },
  frames: readonly FilledPicture[],
): ExportSequence {
  const sorted = [...frames].sort((a, b) => (a.picture.frame?.number ?? 0) - (b.picture.frame?.number ?? 0));
  const { width = 1, height = 1 } = sorted[0]?.picture ?? {};
  const found = (track: number) =>
    sorted.flatMap(({ objects }, at) =>
      objects.filter((object) => object.track === track).map((object) => ({ at, object })),
    );
  return {
    ...video,
    frameRate: 25,
    width,
    height,
    length: sorted.length,
    frames: () => each(sorted.map(({ picture }) => picture)),
    filled: () => each(sorted),
    objectsOf: (track) => each(found(track)),
  };
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
