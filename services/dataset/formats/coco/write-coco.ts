import { isExactly, rleArea, rleBoundingBox } from "../../../../proto/index.js";
import { Turns } from "../../../runtime/turns.js";
import { bridged } from "../shapes/bridged.js";
import { partsOf } from "../shapes/mask-rings.js";
import { countsOf, runsOfMask } from "../shapes/shapes.js";
import { Notes } from "../text/notes.js";
import { labelsOf, splitNames, unnamed, writePictures } from "../text/pictures.js";
import { separators } from "../text/separators.js";
import { textBytes } from "../text/text-bytes.js";
import type { CocoForm, ExportObject, ExportPicture, ExportSet, FilledPicture, Sink } from "../types.js";

/** `annotations/instances_SPLIT.json` and `images/NAME`. */
export async function writeCoco(set: ExportSet, sink: Sink, form: CocoForm): Promise<string[]> {
  const notes = new Notes();
  const splitName = splitNames(set.splits);
  for (const split of set.splits) {
    await sink.write(`annotations/instances_${splitName(split)}.json`, textBytes(texts(set, split, form, notes)));
  }
  await writePictures(set, sink, ({ name }) => `images/${name}`);
  return notes.sentences();
}

async function* texts(set: ExportSet, split: string, form: CocoForm, notes: Notes): AsyncGenerator<string> {
  yield '{"info":{"description":"Exported by Maskwire","version":"1.0"},"licenses":[],\n"categories":[';
  const categories = labelsOf(set).map(({ name, parent }) => ({ name, supercategory: parent ?? "" }));
  const ids = new Map(categories.map(({ name }, at) => [name, at + 1]));
  yield categories.map((category) => JSON.stringify({ id: ids.get(category.name), ...category })).join(",\n");
  yield '],\n"images":[';
  const beforeImage = separators();
  for await (const picture of set.pictures(split)) {
    if (!picture.frame) yield beforeImage() + JSON.stringify(imageOf(picture));
  }
  yield* videoTexts(set, split, ids, beforeImage);
  yield '],\n"annotations":[';
  const beforeAnnotation = separators();
  const turns = new Turns();
  for await (const { picture, objects } of set.filled(split)) {
    for (const object of objects) {
      await turns.next();
      const category = ids.get(object.label ?? unnamed);
      yield beforeAnnotation() + JSON.stringify(annotationOf(object, picture, category, form, notes));
    }
  }
  yield "]}\n";
}

/** The frames among the images, in the videos' order, and what there is of videos besides. */
async function* videoTexts(
  set: ExportSet,
  split: string,
  ids: ReadonlyMap<string, number>,
  before: () => string,
): AsyncGenerator<string> {
  const videos: string[] = [];
  const tracks: string[] = [];
  for await (const sequence of set.sequences(split)) {
    const { id, name, width, height, length, frameRate } = sequence;
    // By place, as readers of COCO-VID want it, and by the number in the video, as those of TAO do.
    let at = 0;
    for await (const picture of sequence.frames()) {
      const place = { video_id: id, frame_id: at++, frame_index: picture.frame?.number };
      yield before() + JSON.stringify({ ...imageOf(picture), ...place });
    }
    videos.push(JSON.stringify({ id, name, width, height, length, ...(frameRate && { frame_rate: frameRate }) }));
    for (const { id: track, name: called, label } of sequence.tracks) {
      tracks.push(JSON.stringify({ id: track, video_id: id, category_id: ids.get(label ?? unnamed), name: called }));
    }
  }
  if (videos.length === 0) return;
  yield `],\n"videos":[\n${videos.join(",\n")}],\n"tracks":[\n${tracks.join(",\n")}`;
}

const imageOf = ({ id, name, width, height, attributes }: ExportPicture) => ({
  ...{ id, file_name: name, width, height, license: 0 },
  ...given(attributes),
});

const given = (attributes: Readonly<Record<string, string>>) =>
  Object.keys(attributes).length > 0 ? { attributes } : {};

function annotationOf(
  object: ExportObject,
  picture: FilledPicture["picture"],
  category: number | undefined,
  form: CocoForm,
  notes: Notes,
) {
  const { id, rle, attributes, track, predictedIou, stabilityScore, point, cropBox } = object;
  const runs = runsOfMask(rle);
  const { x, y, width, height } = rleBoundingBox(runs);
  // A crowd is one whatever the form: trainers must not count it as an object.
  const isCrowd = attributes.iscrowd === "1";
  if (isCrowd) notes.add("Crowds (attribute iscrowd) are written as such, as run lengths", "crowd");
  return {
    id,
    image_id: picture.id,
    category_id: category,
    segmentation: isCrowd ? { size: rle.size, counts: rle.counts } : segmentationOf(object, form, notes),
    area: rleArea(runs),
    bbox: [x, y, width, height],
    iscrowd: isCrowd || form === "counts" ? 1 : 0,
    ...(picture.frame && { video_id: picture.frame.sequence }),
    ...(track !== undefined && { track_id: track }),
    ...given(attributes),
    ...(predictedIou !== undefined && { predicted_iou: predictedIou }),
    ...(stabilityScore !== undefined && { stability_score: stabilityScore }),
    ...(point && { point_coords: [[point.x, point.y]] }),
    ...(cropBox && { crop_box: [cropBox.x, cropBox.y, cropBox.width, cropBox.height] }),
  };
}

function segmentationOf({ rle }: ExportObject, form: CocoForm, notes: Notes): unknown {
  if (form === "rle") return { size: rle.size, counts: rle.counts };
  if (form === "counts") return { size: rle.size, counts: countsOf(rle) };
  const mask = runsOfMask(rle);
  const parts = partsOf(mask);
  if (!parts) {
    notes.add("Objects of very many parts and holes are written as run lengths", "object");
    return { size: rle.size, counts: rle.counts };
  }
  const holes = parts.reduce((sum, part) => sum + part.holes.length, 0);
  if (holes > 0) notes.add("Objects with holes are cut open by a bridge of no width to each hole", "object");
  const polygons = parts.map((part) => bridged([part.outer, ...part.holes]));
  if (isExactly(polygons, mask)) return polygons;
  notes.add("Objects are written as run lengths, since polygons would not have their pixels", "object");
  return { size: rle.size, counts: rle.counts };
}
