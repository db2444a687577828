import { bitmapToRle, encodeRle } from "../../../../proto/index.js";
import { drawIndices } from "../png/draw-indices.js";
import { encodePng } from "../png/encode-png.js";
import { Notes } from "../text/notes.js";
import { labelsOf, unnamed } from "../text/pictures.js";
import { noteLoose, numberedFrame, sequenceFolders, trackedIn } from "../text/sequences.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportSequence, ExportSet, Sink } from "../types.js";
import { mostClasses, mostOfClass, motsFrame, motsLine, motsNumber } from "./mots-lines.js";

/** `instances/NAME/000000.png` of 16 bits a pixel, `instances_txt/NAME.txt`, and what the classes are in `labels.txt`. */
export async function writeMots(set: ExportSet, sink: Sink): Promise<string[]> {
  const notes = new Notes();
  const classes = new Map(labelsOf(set).map(({ name }, at) => [name, at + 1]));
  await sink.write("labels.txt", textBytes([...classes].map(([name, kind]) => `${kind} ${name}\n`)));
  const folderOf = sequenceFolders();
  for (const split of set.splits) {
    for await (const sequence of set.sequences(split)) {
      await writeSequence(sequence, folderOf(sequence), numbersOf(sequence, classes, notes), sink, notes);
    }
    if (split !== "") notes.add("Splits have no place in MOTS's form", "split");
    await noteLoose(set, split, notes);
  }
  return notes.sentences();
}

/** The numbers of a sequence's tracks, as far as they have room. */
function numbersOf(
  { tracks }: ExportSequence,
  classes: ReadonlyMap<string, number>,
  notes: Notes,
): Map<number, number> {
  const counts = new Map<number, number>();
  const numbers = new Map<number, number>();
  for (const { id, label = unnamed } of tracks) {
    const kind = classes.get(label) ?? classes.size + 1;
    const object = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, object);
    if (kind <= mostClasses && object <= mostOfClass) numbers.set(id, motsNumber(kind, object));
    else
      notes.add(
        `There is room for ${mostClasses} labels, and ${mostOfClass} tracks of each: others are left out`,
        "track",
      );
  }
  return numbers;
}

async function writeSequence(
  sequence: ExportSequence,
  folder: string,
  numbers: ReadonlyMap<number, number>,
  sink: Sink,
  notes: Notes,
): Promise<void> {
  const { width, height } = sequence;
  for await (const { at, picture, values, covered } of drawn(sequence, numbers, notes)) {
    if (covered > 0) notes.add("A pixel is of one object: some of theirs are smaller objects'", "object", covered);
    await sink.write(`instances/${folder}/${motsFrame(at)}`, [await encodePng(values, width, height)]);
    if (picture.open) await sink.write(`images/${folder}/${numberedFrame(at, picture, 6)}`, picture.open());
  }
  await sink.write(`instances_txt/${folder}.txt`, textBytes(linesOf(sequence, numbers)));
}

/** Drawn once more for them: files are written one after the other, and a long video's lines are not kept meanwhile. */
async function* linesOf(sequence: ExportSequence, numbers: ReadonlyMap<number, number>): AsyncGenerator<string> {
  const { width, height } = sequence;
  for await (const { at, there, values } of drawn(sequence, numbers, new Notes())) {
    for (const number of there) {
      const bitmap = Uint8Array.from(values, (one) => (one === number ? 1 : 0));
      if (bitmap.includes(1)) yield motsLine(at, number, encodeRle(bitmapToRle(bitmap, width, height)));
    }
  }
}

/** Frames with the number of each pixel, and those that there may be, rising. */
async function* drawn(sequence: ExportSequence, numbers: ReadonlyMap<number, number>, notes: Notes) {
  const { width, height } = sequence;
  let at = 0;
  for await (const one of sequence.filled()) {
    const masks = trackedIn(one, notes).flatMap(({ rle, track = 0 }) => {
      const index = numbers.get(track);
      return index === undefined ? [] : [{ rle, index }];
    });
    const { values, covered } = drawIndices(masks, new Uint16Array(width * height), height);
    const there = masks.map(({ index }) => index).sort((a, b) => a - b);
    yield { at: at++, picture: one.picture, there, values, covered };
  }
}
