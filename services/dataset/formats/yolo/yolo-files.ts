import { isPictureFile } from "../pictures/found-pictures.js";
import { baseOf, folderOf, stemOf } from "../pictures/plain-name.js";
import type { Source } from "../types.js";

const noLabels = /^(classes|train|val|valid|test|labels|labelmap|obj|readme.*|requirements)\.txt$/i;

/** Files of labels: below a folder `labels`, or beside the picture whose name they have. */
export function yoloFiles(source: Source): string[] {
  const pictures = new Set(source.files.filter(({ path }) => isPictureFile(path)).map(({ path }) => stemOf(path)));
  return source.files
    .map(({ path }) => path)
    .filter((path) => /\.txt$/i.test(path) && !noLabels.test(baseOf(path)))
    .filter((path) => /(^|\/)labels\//.test(folderOf(path)) || pictures.has(stemOf(path)));
}
