import { cutMask, rleBoundingBox, transposed } from "../../../../proto/index.js";
import { runsOfMask } from "../shapes/shapes.js";
import { Notes } from "../text/notes.js";
import { labelsOf, unnamed, writePictures } from "../text/pictures.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportObject, ExportSet, Sink } from "../types.js";

/** `annotations.xml`, version 1.1 "for images", and `images/NAME`. */
export async function writeCvat(set: ExportSet, sink: Sink): Promise<string[]> {
  const notes = new Notes();
  await sink.write("annotations.xml", textBytes(texts(set, notes)));
  await writePictures(set, sink, ({ name }) => `images/${name}`);
  return notes.sentences();
}

async function* texts(set: ExportSet, notes: Notes): AsyncGenerator<string> {
  yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n      <labels>\n';
  for (const { name, colour } of labelsOf(set)) {
    yield `        <label><name>${escaped(name)}</name><color>${escaped(colour)}</color><type>any</type><attributes></attributes></label>\n`;
  }
  yield "      </labels>\n    </task>\n  </meta>\n";
  for (const split of set.splits) {
    const subset = split === "" ? "" : ` subset="${escaped(split)}"`;
    for await (const { picture, objects } of set.filled(split)) {
      const { id, name, width, height } = picture;
      yield `  <image id="${id}" name="${escaped(name)}"${subset} width="${width}" height="${height}">\n`;
      for (const object of objects) yield maskOf(object, notes);
      yield "  </image>\n";
    }
  }
  yield "</annotations>\n";
}

function maskOf({ rle, label, attributes }: ExportObject, notes: Notes): string {
  const mask = runsOfMask(rle);
  const { x, y, width, height } = rleBoundingBox(mask);
  const { runs } = transposed(cutMask(mask, { x, y, width, height }));
  const others = Object.keys(attributes).filter((key) => key !== "occluded").length;
  if (others > 0)
    notes.add("CVAT takes no attributes that its labels do not name; they are left out", "attribute", others);
  const occluded = attributes.occluded === "true" ? 1 : 0;
  return (
    `    <mask label="${escaped(label ?? unnamed)}" source="manual" occluded="${occluded}" rle="${runs.join(", ")}"` +
    ` left="${x}" top="${y}" width="${width}" height="${height}" z_order="0">\n    </mask>\n`
  );
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

/** Without what XML cannot say at all. */
const escaped = (text: string) =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replace(/[&<>"\n]/g, (sign) => entities[sign]!);
