import type { Kysely } from "kysely";
import type { Schema } from "../../database/schema.js";
import type { ExportSequence, FilledPicture } from "../../formats/types.js";
import { type PictureOptions, pictureOf } from "./export-picture.js";
import {
  type Cut,
  framesIn,
  objectsIn,
  type PictureInVersion,
  type SequenceInVersion,
  sequencesIn,
  tracksIn,
} from "./export-rows.js";

/** Rows that are read at once; of frames with all of their objects few, since they are in memory together. */
const page = { sequences: 50, frames: 500, filled: 10, masks: 50, bytes: 16 * 2 ** 20 };

interface SequenceOptions extends PictureOptions {
  readonly db: Kysely<Schema>;
  readonly cut: Cut;
  readonly signal: AbortSignal;
  /** Frames are written, with so many objects. */
  readonly onFilled: (pictures: number, objects: number) => Promise<void>;
}

/** A version's videos as writers read them, a page after the other. @param nameOf labels. */
export async function* exportSequences(
  options: SequenceOptions,
  split: string,
  nameOf: ReadonlyMap<number, string>,
): AsyncGenerator<ExportSequence> {
  const { db, cut } = options;
  for (let after = 0n; ; ) {
    const rows = await sequencesIn(db, cut, split, { after, most: page.sequences });
    for (const row of rows) yield await sequenceOf(row, options, split, nameOf);
    if (rows.length < page.sequences) return;
    after = rows.at(-1)?.id ?? after;
  }
}

async function sequenceOf(
  row: SequenceInVersion,
  options: SequenceOptions,
  split: string,
  nameOf: ReadonlyMap<number, string>,
): Promise<ExportSequence> {
  const { db, cut, signal, onFilled } = options;
  async function* pages(most: number): AsyncGenerator<PictureInVersion[]> {
    for (let after = -1; ; ) {
      signal.throwIfAborted();
      const frames = await framesIn(db, cut, { sequence: row.id, split }, { after, most });
      if (frames.length > 0) yield frames;
      if (frames.length < most) return;
      after = frames.at(-1)?.frame ?? after;
    }
  }
  /** By their pictures. */
  const objectsOf = async (frames: readonly PictureInVersion[], track?: bigint) => {
    const all = new Map<bigint, FilledPicture["objects"]>();
    const of = { nameOf, mostBytes: page.bytes, ...(track !== undefined && { track }) };
    // Masks are read in the order of pictures, which may have been added in another one than the video's.
    let rest: readonly PictureInVersion[] = [...frames].sort((a, b) => (a.id < b.id ? -1 : 1));
    while (rest.length > 0) {
      const { pictures, objects } = await objectsIn(db, cut, rest, of);
      for (const [id, found] of objects) all.set(id, found);
      rest = rest.slice(pictures.length);
    }
    return all;
  };
  const tracks = await tracksIn(db, cut, row.id);
  return {
    id: Number(row.id),
    name: row.name,
    ...(row.frame_rate > 0 && { frameRate: row.frame_rate }),
    width: row.width,
    height: row.height,
    length: Number(row.length),
    tracks: tracks.map(({ id, name, label }) => {
      const of = nameOf.get(label);
      return { id: Number(id), name, ...(of !== undefined && { label: of }) };
    }),
    frames: async function* () {
      for await (const frames of pages(page.frames)) for (const frame of frames) yield pictureOf(frame, options);
    },
    filled: async function* () {
      for await (const frames of pages(page.filled)) {
        const objects = await objectsOf(frames);
        for (const frame of frames) yield { picture: pictureOf(frame, options), objects: objects.get(frame.id) ?? [] };
        await onFilled(
          frames.length,
          [...objects.values()].reduce((sum, { length }) => sum + length, 0),
        );
      }
    },
    objectsOf: async function* (track) {
      let at = 0;
      for await (const frames of pages(page.masks)) {
        const objects = await objectsOf(frames, BigInt(track));
        for (const frame of frames) {
          const [object] = objects.get(frame.id) ?? [];
          if (object) yield { at, object };
          at++;
        }
      }
    },
  };
}
