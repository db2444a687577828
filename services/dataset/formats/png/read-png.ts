import { problemOf } from "../parse/unreadable.js";
import type { FoundPictures } from "../pictures/found-pictures.js";
import { baseOf, folderOf, stemOf } from "../pictures/plain-name.js";
import { maskOf } from "../shapes/shapes.js";
import { linesOf, readWhole } from "../text/read-whole.js";
import type { Found, Source } from "../types.js";
import { decodePng, type PngValues } from "./decode-png.js";
import { type LabelMap, readLabelMap } from "./label-map.js";
import { regionsOf } from "./regions.js";
import { ignored, vocColour } from "./voc-colours.js";

const mostBytes = 2 ** 28;

/** One mask a picture: what has one value in it is one object. */
export async function* readPng(
  source: Source,
  files: readonly string[],
  pictures: FoundPictures,
): AsyncGenerator<Found> {
  const labels = await readLabelMap(source);
  const splits = await readSplits(source);
  for (const file of files) {
    try {
      const png = await decodePng(await readWhole(source, file, mostBytes));
      const stem = stemIn(file);
      const { width, height } = png;
      const [picture, isNew] = pictures.add({ name: stem, by: file, width, height, split: splits.get(stem) });
      if (isNew) yield picture;
      for (const [value, builder] of regionsOf(png)) {
        const label = labelOf(value, png, labels);
        if (label === "") continue;
        yield {
          kind: "object",
          picture: picture.name,
          rle: maskOf({ height, width, runs: builder.finish(width * height) }),
          ...(label !== undefined && { label }),
          attributes: {},
          file,
          sourceId: String(value),
        };
      }
    } catch (error) {
      yield problemOf(error, file);
    }
  }
}

/** As the lists of splits have it: below the folder of masks, without its ending. */
const stemIn = (file: string) => stemOf(file).replace(/^(.*\/)?(SegmentationClass(PNG)?|masks?|annotations)\//i, "");

/** `ImageSets/Segmentation/SPLIT.txt` */
async function readSplits(source: Source): Promise<Map<string, string>> {
  const splits = new Map<string, string>();
  for (const { path } of source.files) {
    if (!/(^|\/)ImageSets\/Segmentation\/$/.test(folderOf(path)) || !path.endsWith(".txt")) continue;
    const split = stemOf(baseOf(path));
    if (split === "default" || split === "trainval") continue;
    for await (const [, stem] of linesOf(source, path)) if (stem !== "") splits.set(stem, split);
  }
  return splits;
}

/** None: an object without a label. "": no object. */
function labelOf(
  value: number,
  { kind, palette, values }: PngValues,
  { byColour, byIndex }: LabelMap,
): string | undefined {
  const colour = kind === "colour" ? value : palette[value];
  const byMap = colour === undefined ? undefined : byColour.get(colour);
  if (byMap !== undefined) return byMap;
  if (kind === "colour") return colour === vocColour(ignored) ? "" : `colour ${value.toString(16).padStart(6, "0")}`;
  if (value in byIndex) return byIndex[value] ?? "";
  // A mask by itself is white on black; 16 bits are numbers of objects.
  if (kind === "grey" && (values instanceof Uint16Array || values.every((one) => one === 0 || one === value))) return;
  return value === ignored ? "" : `class ${value}`;
}
