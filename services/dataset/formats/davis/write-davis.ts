import { drawIndices } from "../png/draw-indices.js";
import { encodePng } from "../png/encode-png.js";
import { ignored, vocPalette } from "../png/voc-colours.js";
import { Notes } from "../text/notes.js";
import { splitNames } from "../text/pictures.js";
import { noteLoose, numberedFrame, sequenceFolders, trackedIn } from "../text/sequences.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportSequence, ExportSet, Sink } from "../types.js";

const resolution = "Full-Resolution";

/** `Annotations/Full-Resolution/NAME/00000.png` with a palette, whose index is the track's place in its sequence, from 1. */
export async function writeDavis(set: ExportSet, sink: Sink): Promise<string[]> {
  const notes = new Notes();
  const folderOf = sequenceFolders();
  const splitName = splitNames(set.splits);
  for (const split of set.splits) {
    const written: string[] = [];
    for await (const sequence of set.sequences(split)) {
      const folder = folderOf(sequence);
      written.push(`${folder}\n`);
      await writeSequence(sequence, folder, sink, notes);
    }
    if (written.length > 0) await sink.write(`ImageSets/2017/${splitName(split)}.txt`, textBytes(written));
    await noteLoose(set, split, notes);
  }
  return notes.sentences();
}

async function writeSequence(sequence: ExportSequence, folder: string, sink: Sink, notes: Notes): Promise<void> {
  const indices = new Map(sequence.tracks.map(({ id }, at) => [id, at + 1]));
  const { width, height, tracks } = sequence;
  if (tracks.some(({ label }) => label !== undefined)) notes.add("Labels have no place in DAVIS's form", "sequence");
  const over = tracks.length - (ignored - 1);
  if (over > 0)
    notes.add(`A palette has room for ${ignored - 1} tracks of a sequence: the last are left out`, "track", over);
  let at = 0;
  for await (const filled of sequence.filled()) {
    const masks = trackedIn(filled, notes).flatMap(({ rle, track = 0 }) => {
      const index = indices.get(track) ?? ignored;
      return index < ignored ? [{ rle, index }] : [];
    });
    const { values, covered } = drawIndices(masks, new Uint8Array(width * height), height);
    if (covered > 0) notes.add("A pixel is of one object: some of theirs are smaller objects'", "object", covered);
    const png = await encodePng(values, width, height, vocPalette);
    await sink.write(`Annotations/${resolution}/${folder}/${String(at).padStart(5, "0")}.png`, [png]);
    const { picture } = filled;
    if (picture.open) {
      await sink.write(`JPEGImages/${resolution}/${folder}/${numberedFrame(at, picture, 5)}`, picture.open());
    }
    at++;
  }
}
