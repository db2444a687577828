import { usageError } from "../../command-error.js";

/** What masks of a video are written as. */
export const layoutNames = ["davis", "colmap", "nerfstudio", "coco", "mots", "youtube-vis", "rgba", "overlay"] as const;
export type Layout = (typeof layoutNames)[number];

/** The largest number of an object: an index of a palette, what is left of MOTS's thousand, 16 bits, or the service's 32. */
const largestNumber: Readonly<Record<Layout, number>> = {
  davis: 255,
  mots: 999,
  colmap: 2 ** 16 - 1,
  nerfstudio: 2 ** 16 - 1,
  rgba: 2 ** 16 - 1,
  overlay: 2 ** 16 - 1,
  coco: 2 ** 32 - 1,
  "youtube-vis": 2 ** 32 - 1,
};

/** @throws CommandError (bad usage) for a number that a layout does not hold. */
export function checkNumbers(layout: Layout, objects: readonly number[]): void {
  const most = largestNumber[layout];
  const beyond = objects.find((object) => object < 1 || object > most);
  if (beyond === undefined) return;
  throw usageError(
    `--layout ${layout} numbers objects from 1 to ${most}, and there is an object ${beyond}: number it anew.`,
  );
}

/** Those that are one file and no folder. */
const files: ReadonlySet<Layout> = new Set<Layout>(["coco", "youtube-vis", "overlay"]);
export const isOneFile = (layout: Layout): boolean => files.has(layout);
