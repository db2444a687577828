import { type Selectable, sql, type Transaction } from "kysely";
import { maxFrames } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Schema } from "../database/schema.js";
import { unnested } from "../database/unnest.js";
import { alreadyExists, notNow } from "../faults.js";
import { noPicture } from "../pictures/pictures.js";
import { revisePictures } from "../pictures/revise-pictures.js";
import type { WantedFrame } from "./check-frames.js";

export type SequenceRow = Selectable<Schema["sequences"]>;

type PictureRow = Pick<
  Selectable<Schema["pictures"]>,
  "id" | "name" | "width" | "height" | "split" | "sequence" | "frame"
>;

/** A picture that gets a place. */
interface Placed {
  readonly id: bigint;
  readonly number: number;
  readonly timeMs: number | undefined;
}

/** Pictures in the order in which they are named, locked in one order for all. @throws ServiceError NOT_FOUND. */
export async function lockedPictures(
  trx: Transaction<Schema>,
  set: number,
  ids: readonly bigint[],
): Promise<PictureRow[]> {
  const { rows } = await sql<PictureRow>`
    select id, name, width, height, split, sequence, frame from pictures
    where dataset = ${set} and not deleted and id = any (${ids}::bigint[]) order by id for no key update`.execute(trx);
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = found.get(id);
    if (!row) throw noPicture(id);
    return row;
  });
}

/**
 * Gives pictures places in a sequence, and its split; what is there already stays where it is. Whoever calls has locked the sequence's row.
 * @throws ServiceError NOT_FOUND; INVALID_ARGUMENT; ALREADY_EXISTS; FAILED_PRECONDITION.
 */
export async function placeFrames(
  trx: Transaction<Schema>,
  { sequence, person }: { sequence: SequenceRow; person: string },
  frames: readonly WantedFrame[],
): Promise<void> {
  if (frames.length === 0) return;
  const { dataset } = sequence;
  const pictures = await lockedPictures(
    trx,
    dataset,
    frames.map(({ picture }) => picture),
  );
  const there = await framesIn(trx, sequence.id);
  const placed = newPlaces(sequence, frames, pictures, there.last);
  if (placed.length === 0) return;
  if (there.count + placed.length > maxFrames) {
    throw invalidArgument(
      `A sequence has at most ${maxFrames} frames, and this one would have ${there.count + placed.length}: divide it.`,
    );
  }
  checkSizes(pictures, there.size);
  await refuseTaken(trx, sequence, placed);
  const given = unnested(placed, {
    id: ["bigint", ({ id }) => id],
    number: ["int", ({ number }) => number],
    time_ms: ["bigint", ({ timeMs }) => timeMs ?? null],
  });
  await revisePictures(trx, dataset, person, {
    from: given,
    which: sql`pictures.id = given.id`,
    change: sql`sequence = ${sequence.id}, frame = given.number, time_ms = given.time_ms, split = ${sequence.split}`,
  });
}

function newPlaces(
  sequence: SequenceRow,
  frames: readonly WantedFrame[],
  pictures: readonly PictureRow[],
  last: number,
): Placed[] {
  let next = last + 1;
  return frames.flatMap(({ number, timeMs }, at) => {
    const { id, name, ...row } = pictures[at] as PictureRow;
    if (row.sequence === null) return [{ id, number: number ?? next++, timeMs }];
    if (row.sequence !== sequence.id) {
      throw ofAnother(name);
    }
    if (number !== undefined && row.frame !== number) {
      throw alreadyExists(`The picture "${name}" is the frame ${row.frame} of "${sequence.name}", and not ${number}.`);
    }
    return [];
  });
}

/** @param name the picture's. */
export const ofAnother = (name: string) =>
  notNow(`The picture "${name}" is a frame of another sequence, and can be of one only.`);

interface FramesThere {
  readonly count: number;
  /** The largest number; -1: there are none. */
  readonly last: number;
  readonly size: { readonly width: number; readonly height: number } | undefined;
}

async function framesIn(trx: Transaction<Schema>, sequence: bigint): Promise<FramesThere> {
  const { rows } = await sql<{ count: bigint; last: number; width: number | null; height: number | null }>`
    select count(*) as count, coalesce(max(frame), -1) as last, max(width) as width, max(height) as height
    from pictures where sequence = ${sequence} and not deleted`.execute(trx);
  const { count = 0n, last = -1, width = null, height = null } = rows[0] ?? {};
  const size = width === null || height === null ? undefined : { width, height };
  return { count: Number(count), last, size };
}

function checkSizes(pictures: readonly PictureRow[], there: FramesThere["size"]): void {
  const size = there ?? (pictures[0] as PictureRow);
  const other = pictures.find(({ width, height }) => width !== size.width || height !== size.height);
  if (!other) return;
  throw invalidArgument(
    `The picture "${other.name}" is ${other.width} x ${other.height}, and the sequence's frames are ${size.width} x ${size.height}.`,
  );
}

async function refuseTaken(trx: Transaction<Schema>, { id, name }: SequenceRow, placed: readonly Placed[]) {
  const { rows } = await sql<{ frame: number; name: string }>`
    select frame, name from pictures
    where sequence = ${id} and not deleted and frame = any (${placed.map(({ number }) => number)}::int[]) limit 1
  `.execute(trx);
  const [taken] = rows;
  if (taken) throw alreadyExists(`The frame ${taken.frame} of "${name}" is "${taken.name}" already.`);
}
