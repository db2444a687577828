import { Unreadable } from "../parse/unreadable.js";
import { stemOf } from "../pictures/plain-name.js";
import { DistinctPaths } from "../text/distinct-paths.js";
import { Notes } from "../text/notes.js";
import { labelsOf, splitNames, unnamed, writePictures } from "../text/pictures.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportSet, FilledPicture, Sink } from "../types.js";
import { drawIndices } from "./draw-indices.js";
import { encodePng } from "./encode-png.js";
import { ignored, vocColour, vocPalette } from "./voc-colours.js";

/** As VOC has it: `SegmentationClass/NAME.png`, an index of `labelmap.txt` a pixel. @throws Unreadable with too many labels. */
export async function writePng(set: ExportSet, sink: Sink): Promise<string[]> {
  const labels = labelsOf(set).map(({ name }) => name);
  if (labels.length >= ignored)
    throw new Unreadable(`A mask has room for ${ignored - 1} labels; there are ${labels.length}.`);
  const indices = new Map(labels.map((name, at) => [name, at + 1]));
  await sink.write("labelmap.txt", textBytes([labelMap(labels)]));
  const notes = new Notes();
  const stems = new DistinctPaths();
  const splitName = splitNames(set.splits);
  for (const split of set.splits) {
    const written: string[] = [];
    for await (const filled of set.filled(split)) {
      const stem = stems.of(stemOf(filled.picture.name), "");
      written.push(stem);
      const { width, height } = filled.picture;
      const values = draw(filled, indices, notes);
      await sink.write(`SegmentationClass/${stem}.png`, [await encodePng(values, width, height, vocPalette)]);
    }
    const list = written.map((stem) => `${stem}\n`);
    await sink.write(`ImageSets/Segmentation/${splitName(split)}.txt`, textBytes(list));
  }
  await writePictures(set, sink, ({ name }) => `JPEGImages/${name}`);
  return notes.sentences();
}

function labelMap(labels: readonly string[]): string {
  const rows = ["background", ...labels].map((name, index) => {
    const colour = vocColour(index);
    // A colon would end the name.
    return `${name.replaceAll(":", " ")}:${colour >> 16},${(colour >> 8) & 255},${colour & 255}::\n`;
  });
  return `# label:color_rgb:parts:actions\n${rows.join("")}`;
}

function draw({ picture, objects }: FilledPicture, indices: ReadonlyMap<string, number>, notes: Notes): Uint8Array {
  const { width, height } = picture;
  const masks = objects.map(({ rle, label }) => ({ rle, index: indices.get(label ?? unnamed) ?? 0 }));
  const { values, covered } = drawIndices(masks, new Uint8Array(width * height), height);
  if (covered > 0) notes.add("A pixel has one label: some of theirs are smaller objects'", "object", covered);
  const merged = masks.length - new Set(masks.map(({ index }) => index)).size;
  if (merged > 0)
    notes.add("Objects of one label are one area of a picture: so many are not told apart", "object", merged);
  return values;
}
