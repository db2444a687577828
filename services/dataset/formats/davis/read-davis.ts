import { problemOf } from "../parse/unreadable.js";
import type { FoundPictures } from "../pictures/found-pictures.js";
import { baseOf, folderOf, stemOf } from "../pictures/plain-name.js";
import { decodePng } from "../png/decode-png.js";
import { regionsOf } from "../png/regions.js";
import { ignored } from "../png/voc-colours.js";
import { maskOf } from "../shapes/shapes.js";
import { linesOf, readWhole } from "../text/read-whole.js";
import type { Found, Source } from "../types.js";
import { davisVideos } from "./davis-files.js";

const mostBytes = 2 ** 28;
/** Frames are numbered by their names: 2 before 10. */
const inOrder = new Intl.Collator("en", { numeric: true }).compare;

/** DAVIS's folders: each video a sequence, also of frames that have no mask; each value of its PNGs a track. */
export async function* readDavis(
  source: Source,
  files: readonly string[],
  pictures: FoundPictures,
): AsyncGenerator<Found> {
  const splits = await readSplits(source);
  for (const video of davisVideos(source, files)) {
    const stems = [...new Set([...video.masks.keys(), ...video.pictures.keys()])].sort(inOrder);
    const areNumbered = stems.every((stem) => /^\d{1,9}$/.test(stem));
    for (const [at, stem] of stems.entries()) {
      const [mask, file] = [video.masks.get(stem), video.pictures.get(stem)];
      const number = areNumbered ? Number(stem) : at;
      const split = splits.get(video.name);
      const mentioned = {
        name: `${video.name}/${file === undefined ? stem : baseOf(file)}`,
        by: mask ?? "",
        ...(file !== undefined && { at: file }),
        ...(split !== undefined && { split }),
        frame: { sequence: video.name, number },
      };
      try {
        const png = mask === undefined ? undefined : await decodePng(await readWhole(source, mask, mostBytes));
        const size = png && { width: png.width, height: png.height };
        const [picture, isNew] = pictures.add({ ...mentioned, ...size });
        if (isNew) yield picture;
        if (mask === undefined || !png) continue;
        for (const [value, builder] of regionsOf(png)) {
          if (value === ignored && png.kind !== "colour") continue;
          yield {
            kind: "object",
            picture: picture.name,
            rle: maskOf({ height: png.height, width: png.width, runs: builder.finish(png.width * png.height) }),
            track: `object ${value}`,
            attributes: {},
            file: mask,
            sourceId: String(value),
            ownId: String(value),
          };
        }
      } catch (error) {
        yield problemOf(error, mask ?? file ?? video.name);
      }
    }
  }
}

/** `ImageSets/2017/train.txt` lists videos. */
async function readSplits(source: Source): Promise<Map<string, string>> {
  const splits = new Map<string, string>();
  for (const { path } of source.files) {
    if (!/(^|\/)ImageSets\/20\d\d\/$/.test(folderOf(path)) || !path.endsWith(".txt")) continue;
    const split = stemOf(baseOf(path));
    if (split === "default" || split === "trainval") continue;
    for await (const [, name] of linesOf(source, path)) if (name !== "") splits.set(name.trim(), split);
  }
  return splits;
}
