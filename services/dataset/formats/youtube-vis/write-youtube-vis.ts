import { rleArea, rleBoundingBox } from "../../../../proto/index.js";
import { Turns } from "../../../runtime/turns.js";
import { runsOfMask } from "../shapes/shapes.js";
import { Notes } from "../text/notes.js";
import { labelsOf, splitNames, unnamed } from "../text/pictures.js";
import { separators } from "../text/separators.js";
import { noteLoose } from "../text/sequences.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportSequence, ExportSet, ExportTrack, Sink } from "../types.js";

/** `SPLIT/instances.json` and `SPLIT/JPEGImages/NAME`: an annotation a track, with a mask a frame, null where it is not to be seen. */
export async function writeYoutubeVis(set: ExportSet, sink: Sink): Promise<string[]> {
  const notes = new Notes();
  const splitName = splitNames(set.splits);
  for (const split of set.splits) {
    await sink.write(`${splitName(split)}/instances.json`, textBytes(texts(set, split, notes)));
    for await (const sequence of set.sequences(split)) {
      for await (const { name, open } of sequence.frames()) {
        if (open) await sink.write(`${splitName(split)}/JPEGImages/${name}`, open());
      }
    }
    await noteLoose(set, split, notes);
  }
  return notes.sentences();
}

async function* texts(set: ExportSet, split: string, notes: Notes): AsyncGenerator<string> {
  yield '{"info":{"description":"Exported by Maskwire","version":"1.0"},"licenses":[],\n"categories":[';
  const categories = labelsOf(set).map(({ name, parent }) => ({ name, supercategory: parent ?? "object" }));
  const ids = new Map(categories.map(({ name }, at) => [name, at + 1]));
  yield categories.map((one) => JSON.stringify({ id: ids.get(one.name), ...one })).join(",\n");
  yield '],\n"videos":[';
  const beforeVideo = separators();
  for await (const sequence of set.sequences(split)) yield beforeVideo() + (await videoOf(sequence, notes));
  yield '],\n"annotations":[';
  const beforeTrack = separators();
  for await (const sequence of set.sequences(split)) {
    // Masks are read by track here, and how far it is is told by frame.
    for await (const { objects } of sequence.filled()) {
      const loose = objects.filter(({ track }) => track === undefined).length;
      if (loose > 0) notes.add("Objects that are of no track are left out", "object", loose);
    }
    for (const track of sequence.tracks) {
      const category = ids.get(track.label ?? unnamed) ?? 0;
      yield* annotation(sequence, track, category, beforeTrack);
    }
  }
  yield "]}\n";
}

async function videoOf({ id, name, width, height, length, frameRate, frames }: ExportSequence, notes: Notes) {
  const names: string[] = [];
  let hasGaps = false;
  for await (const { name: file, frame } of frames()) hasGaps ||= frame?.number !== names.push(file) - 1;
  if (hasGaps) notes.add("Frames are counted from 0 without gaps", "sequence");
  return JSON.stringify({
    id,
    name,
    width,
    height,
    length,
    ...(frameRate && { frame_rate: frameRate }),
    file_names: names,
  });
}

/** In pieces: of a track of many frames only the numbers are in memory. Nothing where it is in none. */
async function* annotation(
  { id: video, width, height, length, objectsOf }: ExportSequence,
  { id, name }: ExportTrack,
  category: number,
  before: () => string,
): AsyncGenerator<string> {
  const areas = new Array<number | null>(length).fill(null);
  const boxes = new Array<readonly number[] | null>(length).fill(null);
  const turns = new Turns();
  let next = 0;
  for await (const { at, object } of objectsOf(id)) {
    await turns.next();
    const runs = runsOfMask(object.rle);
    const { x, y, width: boxWidth, height: boxHeight } = rleBoundingBox(runs);
    [areas[at], boxes[at]] = [rleArea(runs), [x, y, boxWidth, boxHeight]];
    if (next === 0) {
      const head = {
        id,
        video_id: video,
        category_id: category,
        track_id: id,
        name,
        iscrowd: 0,
        width,
        height,
        length,
      };
      yield `${before()}${JSON.stringify(head).slice(0, -1)},"segmentations":[`;
    }
    const { size, counts } = object.rle;
    yield `${next > 0 ? "," : ""}${"null,".repeat(at - next)}${JSON.stringify({ size, counts })}`;
    next = at + 1;
  }
  if (next === 0) return;
  yield `${",null".repeat(length - next)}],"areas":${JSON.stringify(areas)},"bboxes":${JSON.stringify(boxes)}}`;
}
