import { rleArea, rleBoundingBox, type Sa1bAnnotation, sa1bBox, sa1bText } from "../../../../proto/index.js";
import { stemOf } from "../pictures/plain-name.js";
import { runsOfMask } from "../shapes/shapes.js";
import { DistinctPaths } from "../text/distinct-paths.js";
import { Notes } from "../text/notes.js";
import { splitNames } from "../text/pictures.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportObject, ExportPicture, ExportSet, Sink } from "../types.js";

/** `NAME.json` beside the picture, in a folder a split. */
export async function writeSa1b(set: ExportSet, sink: Sink): Promise<string[]> {
  const notes = new Notes();
  const paths = new DistinctPaths();
  const splitName = splitNames(set.splits);
  for (const split of set.splits) {
    const folder = split === "" ? "" : `${splitName(split)}/`;
    for await (const { picture, objects } of set.filled(split)) {
      for (const { label } of objects)
        if (label !== undefined) notes.add("SA-1B has no labels; they are left out", "object");
      const { id, name, width, height, open } = picture;
      const image = { image_id: id, width, height, file_name: name };
      const record = { image, annotations: objects.map((object) => annotationOf(object, picture)) };
      await sink.write(paths.of(`${folder}${stemOf(name)}`, ".json"), textBytes([sa1bText(record), "\n"]));
      if (open) await sink.write(`${folder}${name}`, open());
    }
  }
  return notes.sentences();
}

function annotationOf(object: ExportObject, picture: ExportPicture): Sa1bAnnotation {
  const { id, rle, predictedIou, stabilityScore, point, cropBox } = object;
  const runs = runsOfMask(rle);
  const [height = 0, width = 0] = rle.size;
  const crop = cropBox ?? { x: 0, y: 0, width: picture.width, height: picture.height };
  return {
    id,
    segmentation: { size: [height, width], counts: rle.counts },
    bbox: sa1bBox(rleBoundingBox(runs)),
    area: rleArea(runs),
    predicted_iou: predictedIou ?? 0,
    stability_score: stabilityScore ?? 0,
    point_coords: point ? [[point.x, point.y]] : [],
    crop_box: [crop.x, crop.y, crop.width, crop.height],
  };
}
