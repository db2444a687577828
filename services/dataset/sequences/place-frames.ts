import { type Selectable, sql, type Transaction } from "kysely";
import { maxFrames } from "../../../proto/index.js";
import { invalidArgument, ServiceError } from "../../runtime/errors.js";
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

interface Aim {
  readonly sequence: SequenceRow;
  readonly person: string;
}

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
export async function placeFrames(trx: Transaction<Schema>, aim: Aim, frames: readonly WantedFrame[]): Promise<void> {
  await placeEach(trx, aim, frames, (_, refusal) => {
    throw refusal;
  });
}

/** The same, but for those that have no place there: each is told with why. @throws ServiceError NOT_FOUND. */
export async function placeEach<Frame extends WantedFrame>(
  trx: Transaction<Schema>,
  { sequence, person }: Aim,
  frames: readonly Frame[],
  refuse: (frame: Frame, refusal: ServiceError) => void,
): Promise<void> {
  if (frames.length === 0) return;
  const { dataset } = sequence;
  const pictures = await lockedPictures(
    trx,
    dataset,
    frames.map(({ picture }) => picture),
  );
  const places = new Places(sequence, await framesIn(trx, sequence.id), await takenIn(trx, sequence, frames));
  const placed = frames.flatMap((frame, at): Placed[] => {
    const found = places.of(frame, pictures[at] as PictureRow);
    if (found instanceof ServiceError) refuse(frame, found);
    return found === "there" || found instanceof ServiceError ? [] : [found];
  });
  if (placed.length === 0) return;
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

/** What a sequence has room for, as its places are given away. */
class Places {
  readonly #sequence: SequenceRow;
  /** Names of pictures by their numbers. */
  readonly #taken: Map<number, string>;
  /** Numbers of the pictures that have been placed. */
  readonly #placed = new Map<bigint, number>();
  #size: FramesThere["size"];
  #count: number;
  #next: number;

  constructor(sequence: SequenceRow, { count, last, size }: FramesThere, taken: Map<number, string>) {
    this.#sequence = sequence;
    this.#taken = taken;
    this.#size = size;
    this.#count = count;
    this.#next = last + 1;
  }

  /** "there": it is in its place already. */
  of({ number: wanted, timeMs }: WantedFrame, picture: PictureRow): Placed | "there" | ServiceError {
    const { id, name, width, height } = picture;
    const own = this.#placed.get(id) ?? (picture.sequence === this.#sequence.id ? picture.frame : null);
    if (own !== null) {
      return wanted === undefined || own === wanted
        ? "there"
        : alreadyExists(`The picture "${name}" is the frame ${own} of "${this.#sequence.name}", and not ${wanted}.`);
    }
    if (picture.sequence !== null) return ofAnother(name);
    const number = wanted ?? this.#next;
    const taken = this.#taken.get(number);
    if (taken !== undefined) {
      return alreadyExists(`The frame ${number} of "${this.#sequence.name}" is "${taken}" already.`);
    }
    const size = this.#size ?? picture;
    if (width !== size.width || height !== size.height) {
      return invalidArgument(
        `The picture "${name}" is ${width} x ${height}, and the sequence's frames are ${size.width} x ${size.height}.`,
      );
    }
    if (this.#count >= maxFrames) {
      return invalidArgument(
        `A sequence has at most ${maxFrames} frames, and this one would have ${this.#count + 1}: divide it.`,
      );
    }
    this.#taken.set(number, name);
    this.#placed.set(id, number);
    this.#size = size;
    this.#count++;
    this.#next = Math.max(this.#next, number + 1);
    return { id, number, timeMs };
  }
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

/** Which of the wanted numbers are another picture's. */
async function takenIn(
  trx: Transaction<Schema>,
  { id }: SequenceRow,
  frames: readonly WantedFrame[],
): Promise<Map<number, string>> {
  const numbers = frames.flatMap(({ number }) => number ?? []);
  const { rows } = await sql<{ frame: number; name: string }>`
    select frame, name from pictures
    where sequence = ${id} and not deleted and frame = any (${numbers}::int[])`.execute(trx);
  return new Map(rows.map(({ frame, name }) => [frame, name]));
}
