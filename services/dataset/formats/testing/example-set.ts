import { bitmapToRle, encodeRle } from "../../../../proto/index.js";
import type { ExportLabel, ExportObject, ExportPicture, ExportSet, FilledPicture, Mask } from "../types.js";

/** A mask from rows of `#` and other signs. */
function maskFrom(rows: readonly string[]): Mask {
  const width = rows[0]?.length ?? 0;
  const pixels = Uint8Array.from(rows.join(""), (sign) => (sign === "#" ? 1 : 0));
  return encodeRle(bitmapToRle(pixels, width, rows.length));
}

export const objectFrom = (id: number, rows: readonly string[], more: Partial<ExportObject> = {}): ExportObject => ({
  id,
  rle: maskFrom(rows),
  attributes: {},
  ...more,
});

interface SetPicture extends Partial<Omit<ExportPicture, "id" | "width" | "height">> {
  readonly name: string;
  readonly split?: string;
  readonly objects: readonly ExportObject[];
  readonly width?: number;
  readonly height?: number;
}

/** Of pictures with objects; sizes are their masks'. */
export function setOf(labels: readonly ExportLabel[], pictures: readonly SetPicture[]): ExportSet {
  const all = pictures.map(({ split = "", objects, ...picture }, at): [string, FilledPicture] => {
    const [height = 1, width = 1] = objects[0]?.rle.size ?? [];
    return [split, { picture: { id: at + 1, width, height, attributes: {}, ...picture }, objects }];
  });
  const filled = (split: string) => all.filter(([own]) => own === split).map(([, one]) => one);
  return {
    labels,
    hasUnlabelled: all.some(([, { objects }]) => objects.some(({ label }) => label === undefined)),
    splits: [...new Set(all.map(([split]) => split))],
    pictures: (split) => each(filled(split).map(({ picture }) => picture)),
    filled: (split) => each(filled(split)),
  };
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
