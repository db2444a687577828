import { stemOf } from "../pictures/plain-name.js";
import { splitNames, writePictures } from "../text/pictures.js";
import { textBytes } from "../text/text-bytes.js";
import type { ExportObject, ExportPicture, ExportSet, Sink } from "../types.js";

/** `annotations/SPLIT.json` and `images/SPLIT/NAME`. */
export async function writeDatumaro(set: ExportSet, sink: Sink): Promise<string[]> {
  const splitName = splitNames(set.splits);
  for (const split of set.splits)
    await sink.write(`annotations/${splitName(split)}.json`, textBytes(texts(set, split)));
  await writePictures(set, sink, ({ name }, split) => `images/${splitName(split)}/${name}`);
  return [];
}

async function* texts(set: ExportSet, split: string): AsyncGenerator<string> {
  const labels = set.labels.map(({ name, parent }) => ({ name, parent: parent ?? "", attributes: [] }));
  const numbers = new Map(set.labels.map(({ name }, at) => [name, at]));
  const categories = JSON.stringify({ label: { labels, attributes: [] } });
  yield `{"dm_format_version":"1.0","media_type":2,"infos":{},"info":{},"categories":${categories},"items":[`;
  let separator = "\n";
  for await (const { picture, objects } of set.filled(split)) {
    yield separator + head(picture);
    separator = ",\n";
    for (const [at, object] of objects.entries()) yield (at === 0 ? "\n" : ",\n") + annotationOf(object, at, numbers);
    yield "]}";
  }
  yield "]}\n";
}

function head({ name, width, height, attributes }: ExportPicture): string {
  const item = { id: stemOf(name), attr: attributes, image: { path: name, size: [height, width] } };
  return `${JSON.stringify(item).slice(0, -1)},"annotations":[`;
}

/** An object by itself has a group of its own: masks of group 0 belong together to some readers. */
function annotationOf(
  { id, rle, label, attributes }: ExportObject,
  at: number,
  numbers: ReadonlyMap<string, number>,
): string {
  return JSON.stringify({
    id,
    type: "mask",
    attributes,
    group: at + 1,
    ...(label !== undefined && { label_id: numbers.get(label) }),
    rle: { counts: rle.counts, size: rle.size },
    z_order: 0,
  });
}
