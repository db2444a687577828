import { encodeLabelStudioRle } from "../../../../proto/index.js";
import { runsOfMask } from "../shapes/shapes.js";
import { Notes } from "../text/notes.js";
import { labelsOf, unnamed, writePictures } from "../text/pictures.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportObject, ExportPicture, ExportSet, Sink } from "../types.js";

/** What the results name: the controls of `config.xml`. */
const names = { from_name: "brush", to_name: "image" };

/** `tasks.json` with brushes, `config.xml` for the project that they are imported into, and `images/NAME`. */
export async function writeLabelStudio(set: ExportSet, sink: Sink): Promise<string[]> {
  const notes = new Notes();
  await sink.write("config.xml", textBytes([config(set)]));
  await sink.write("tasks.json", textBytes(texts(set)));
  await writePictures(set, sink, ({ name }) => `images/${name}`);
  return notes.sentences();
}

function config(set: ExportSet): string {
  const labels = labelsOf(set).map(
    ({ name, colour }) => `    <Label value="${escaped(name)}" background="${escaped(colour)}"/>\n`,
  );
  return [
    '<View>\n  <Image name="image" value="$image" zoom="true"/>\n',
    '  <BrushLabels name="brush" toName="image">\n',
    ...labels,
    "  </BrushLabels>\n</View>\n",
  ].join("");
}

async function* texts(set: ExportSet): AsyncGenerator<string> {
  let separator = "[\n";
  for (const split of set.splits) {
    for await (const { picture, objects } of set.filled(split)) {
      const { id, name, attributes } = picture;
      const data = { image: `images/${name}`, ...(split !== "" && { split }) };
      const head = JSON.stringify({ id, data, ...(Object.keys(attributes).length > 0 && { meta: { attributes } }) });
      yield `${separator}${head.slice(0, -1)},"annotations":[{"result":[`;
      separator = ",\n";
      for (const [at, object] of objects.entries()) yield (at === 0 ? "\n" : ",\n") + resultOf(object, picture);
      yield "]}]}";
    }
  }
  yield separator === "[\n" ? "[]\n" : "]\n";
}

function resultOf({ id, rle, label, attributes }: ExportObject, { width, height }: ExportPicture): string {
  return JSON.stringify({
    id: String(id),
    type: "brushlabels",
    ...names,
    original_width: width,
    original_height: height,
    image_rotation: 0,
    origin: "manual",
    value: { format: "rle", rle: encodeLabelStudioRle(runsOfMask(rle)), brushlabels: [label ?? unnamed] },
    ...(Object.keys(attributes).length > 0 && { meta: { attributes } }),
  });
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
