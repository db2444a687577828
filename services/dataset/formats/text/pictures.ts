import type { ExportLabel, ExportPicture, ExportSet, Sink } from "../types.js";
import { DistinctPaths } from "./distinct-paths.js";

/** What an object without a label is called where it needs one. */
export const unnamed = "object";

/** For formats in which every object has a label. */
export function labelsOf({ labels, hasUnlabelled }: ExportSet): readonly ExportLabel[] {
  const isThere = labels.some(({ name }) => name === unnamed);
  return hasUnlabelled && !isThere ? [...labels, { name: unnamed, colour: "#808080" }] : labels;
}

/** The names of splits in files, each its own; pictures without one have CVAT's, unless a split has that. */
export function splitNames(splits: readonly string[]): (split: string) => string {
  const paths = new DistinctPaths();
  const named = [...splits.filter((split) => split !== ""), ""];
  const names = new Map(named.map((split) => [split, paths.of(plainSplit(split), "")]));
  return (split) => names.get(split) ?? plainSplit(split);
}

const plainSplit = (split: string) => (split === "" ? "default" : split.replace(/[^\p{L}\p{N}_-]/gu, "-"));

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
