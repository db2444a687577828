import { cutMask, isExactly, rleBoundingBox, rleToBitmap } from "../../../../proto/index.js";
import { Turns } from "../../../runtime/turns.js";
import { baseOf, folderOf, stemOf } from "../pictures/plain-name.js";
import { encodePng } from "../png/encode-png.js";
import { partsOf } from "../shapes/mask-rings.js";
import { runsOfMask } from "../shapes/shapes.js";
import { DistinctPaths } from "../text/distinct-paths.js";
import { Notes } from "../text/notes.js";
import { splitNames, unnamed } from "../text/pictures.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportObject, ExportSet, Sink } from "../types.js";

interface Shape {
  label: string;
  group_id: number | null;
  description: string;
  shape_type: "polygon" | "mask";
  flags: Record<string, boolean>;
  mask: string | null;
}

/** `SPLIT/NAME.json` beside the picture. What has holes, or pixels that polygons do not give, is a mask. */
export async function writeLabelMe(set: ExportSet, sink: Sink): Promise<string[]> {
  const notes = new Notes();
  const paths = new DistinctPaths();
  const splitName = splitNames(set.splits);
  const turns = new Turns();
  for (const split of set.splits) {
    const folder = split === "" ? "" : `${splitName(split)}/`;
    for await (const { picture, objects } of set.filled(split)) {
      const { name, width, height, open, attributes } = picture;
      const shapes: string[] = [];
      for (const object of objects) {
        await turns.next();
        shapes.push(...(await shapesOf(object, notes)));
      }
      const head = { version: "5.5.0", flags: flagsOf(attributes, notes) };
      const rest = {
        imagePath: baseOf(name),
        imageData: null,
        imageHeight: height,
        imageWidth: width,
      };
      const path = paths.of(`${folder}${folderOf(name)}${baseOf(stemOf(name))}`, ".json");
      await sink.write(
        path,
        textBytes([begun(head), `"shapes":[${shapes.join(",\n")}],\n`, JSON.stringify(rest).slice(1), "\n"]),
      );
      if (open) await sink.write(`${folder}${name}`, open());
    }
  }
  return notes.sentences();
}

async function shapesOf({ id, rle, label, attributes }: ExportObject, notes: Notes): Promise<string[]> {
  const shape = { label: label ?? unnamed, description: "", flags: flagsOf(attributes, notes) };
  const mask = runsOfMask(rle);
  const parts = partsOf(mask);
  const rings = parts?.map(({ outer }) => outer) ?? [];
  if (parts?.every(({ holes }) => holes.length === 0) && isExactly(rings, mask)) {
    const group_id = parts.length > 1 ? id : null;
    return rings.map((ring) => shapeText({ ...shape, group_id, shape_type: "polygon", mask: null }, ring));
  }
  const box = rleBoundingBox(mask);
  const png = await encodePng(rleToBitmap(cutMask(mask, box), 255), box.width, box.height);
  notes.add("Objects with holes are masks, which LabelMe reads from 5.2 on", "object");
  const corners = [box.x, box.y, box.x + box.width - 1, box.y + box.height - 1];
  return [shapeText({ ...shape, group_id: null, shape_type: "mask", mask: png.toString("base64") }, corners)];
}

/** @param points x, y, x, y, ...: there are many of them, and pairs would take several times as long. */
function shapeText(shape: Shape, points: readonly number[]): string {
  let pairs = "";
  for (let i = 0; i < points.length; i += 2) pairs += `${i > 0 ? "," : ""}[${points[i]},${points[i + 1]}]`;
  return `${begun(shape)}"points":[${pairs}]}`;
}

/** An object that goes on. */
const begun = (fields: object) => `${JSON.stringify(fields).slice(0, -1)},`;

function flagsOf(attributes: Readonly<Record<string, string>>, notes: Notes): Record<string, boolean> {
  const flags: Record<string, boolean> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (value === "true" || value === "false") flags[key] = value === "true";
    else notes.add("LabelMe's flags are true or false; other attributes are left out", "attribute");
  }
  return flags;
}
