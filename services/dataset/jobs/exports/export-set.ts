import type { Kysely } from "kysely";
import type { Schema } from "../../database/schema.js";
import type { ExportLabel, ExportSet, FilledPicture } from "../../formats/types.js";
import { type PictureOptions, pictureOf } from "./export-picture.js";
import { type Cut, objectsIn, type PictureInVersion, picturesIn } from "./export-rows.js";
import { exportSequences } from "./export-sequences.js";

/** As a version has it. */
export interface VersionLabel {
  readonly id: number;
  readonly name: string;
  readonly colour: string;
  readonly parent: number;
}

interface ExportSetOptions extends PictureOptions {
  readonly db: Kysely<Schema>;
  readonly cut: Cut;
  readonly labels: readonly VersionLabel[];
  readonly splits: readonly string[];
  readonly hasUnlabelled: boolean;
  readonly signal: AbortSignal;
  /** Pictures are written, with so many objects. */
  readonly onFilled: (pictures: number, objects: number) => Promise<void>;
}

/** Of masks there are few with many bytes, or many with few. */
const page = { pictures: 500, filled: 50, bytes: 16 * 2 ** 20 };

/** A version as writers read it, a page after the other: memory does not grow with it. */
export function exportSet(options: ExportSetOptions): ExportSet {
  const { db, cut, labels, splits, hasUnlabelled, signal, onFilled } = options;
  const nameOf = new Map(labels.map(({ id, name }) => [id, name]));
  const wanted = labels.filter(({ id }) => cut.labels.length === 0 || cut.labels.includes(id));
  const names = new Set(wanted.map(({ name }) => name));
  async function* pages(split: string, most: number): AsyncGenerator<PictureInVersion[]> {
    for (let after = 0n; ; ) {
      signal.throwIfAborted();
      const rows = await picturesIn(db, cut, split, { after, most });
      if (rows.length > 0) yield rows;
      if (rows.length < most) return;
      after = rows.at(-1)?.id ?? after;
    }
  }
  return {
    labels: wanted.map(({ name, colour, parent }): ExportLabel => {
      const above = nameOf.get(parent);
      return { name, colour, ...(above !== undefined && names.has(above) && { parent: above }) };
    }),
    splits,
    hasUnlabelled,
    pictures: async function* (split) {
      for await (const rows of pages(split, page.pictures)) for (const row of rows) yield pictureOf(row, options);
    },
    filled: async function* (split) {
      for await (const rows of pages(split, page.filled)) {
        let most = rows.length;
        for (let rest = rows; rest.length > 0; ) {
          const { pictures, objects } = await objectsIn(db, cut, rest.slice(0, most), {
            nameOf,
            mostBytes: page.bytes,
          });
          for (const row of pictures) {
            const filled: FilledPicture = { picture: pictureOf(row, options), objects: objects.get(row.id) ?? [] };
            yield filled;
          }
          await onFilled(
            pictures.length,
            [...objects.values()].reduce((sum, { length }) => sum + length, 0),
          );
          rest = rest.slice(pictures.length);
          // Those behind them are not read again and again.
          most = 2 * pictures.length;
        }
      }
    },
    sequences: (split) => exportSequences(options, split, nameOf),
  };
}
