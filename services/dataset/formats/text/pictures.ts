import type { ExportLabel, ExportPicture, ExportSet, Sink } from "../types.js";

/** What an object without a label is called where it needs one. */
export const unnamed = "object";

/** For formats in which every object has a label. */
export function labelsOf({ labels, hasUnlabelled }: ExportSet): readonly ExportLabel[] {
  const isThere = labels.some(({ name }) => name === unnamed);
  return hasUnlabelled && !isThere ? [...labels, { name: unnamed, colour: "#808080" }] : labels;
}

/** The name of a split in files; pictures without one have CVAT's. */
export const ownSplit = (split: string) => (split === "" ? "default" : split.replace(/[^\p{L}\p{N}_-]/gu, "-"));

/** The pictures' own files, where they are asked for. */
export async function writePictures(
  set: ExportSet,
  sink: Sink,
  pathOf: (picture: ExportPicture, split: string) => string,
): Promise<void> {
  for (const split of set.splits) {
    for await (const picture of set.pictures(split)) {
      if (picture.open) await sink.write(pathOf(picture, split), picture.open());
    }
  }
}
