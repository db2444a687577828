import { isPictureFile } from "../pictures/found-pictures.js";
import { baseOf, folderOf, stemOf } from "../pictures/plain-name.js";
import type { Source } from "../types.js";

const maskFolders = /^(segmentationclass(png)?|segmentation_?masks?|masks?|annotations|gtfine)$/i;

/**
 * The PNGs that are masks: in a folder that is called so, each of a picture elsewhere. Where masks are asked for and there is no such
 * folder, those that have another file's name are, or all of them where there are no others.
 */
export function pngMasks(source: Source, isWanted: boolean): string[] {
  const paths = source.files.map(({ path }) => path).filter(isPictureFile);
  const isIn = (path: string) =>
    folderOf(path)
      .split("/")
      .some((part) => maskFolders.test(part));
  const stems = new Set(paths.filter((path) => !isIn(path)).map((path) => stemOf(baseOf(path)).toLowerCase()));
  const masks = paths.filter((path) => /\.png$/i.test(path) && isIn(path));
  const isTold = source.files.some(({ path }) => baseOf(path) === "labelmap.txt");
  if (isWanted && masks.length === 0) return besidePictures(paths);
  return isTold ? masks : masks.filter((path) => stems.has(stemOf(baseOf(path)).toLowerCase()));
}

function besidePictures(paths: readonly string[]): string[] {
  const isPng = (path: string) => /\.png$/i.test(path);
  const others = new Set(paths.filter((path) => !isPng(path)).map((path) => stemOf(baseOf(path))));
  return paths.filter((path) => isPng(path) && (others.size === 0 || others.has(stemOf(baseOf(path)))));
}
