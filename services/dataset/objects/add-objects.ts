import { sql, type Transaction } from "kysely";
import { Gear, ObjectState, type Provenance, type Rle, TrackState } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { type Attributes, checkAttributes } from "../attributes.js";
import type { Schema } from "../database/schema.js";
import { lockForChange } from "../database/set-lock.js";
import { noPicture } from "../pictures/pictures.js";
import { readMask } from "./read-mask.js";
import { TracksAround } from "./tracks-around.js";
import { insertObjects, type MadeObject } from "./write-objects.js";

/** An object that somebody or something wants to keep. */
export interface NewObject {
  readonly picture: bigint;
  /** 0: none. */
  readonly label: number;
  readonly rle: Pick<Rle, "size" | "counts">;
  readonly state: ObjectState;
  /** Its gear is ASSISTED unless it says another. */
  readonly provenance?: Provenance;
  readonly attributes?: Attributes;
  /** Its track, whose label it gets; none: of none. */
  readonly track?: bigint;
}

const mostSeconds = 3600;

/** What new objects are checked against. */
export interface Surroundings {
  /** Pixels, of the set's pictures that are meant. */
  readonly pictures: ReadonlyMap<bigint, PictureAround>;
  readonly labels: ReadonlySet<number>;
  readonly tracks: TracksAround;
}

interface PictureAround {
  readonly id: bigint;
  readonly width: number;
  readonly height: number;
  /** Null: it is no frame. */
  readonly sequence: bigint | null;
}

/**
 * Adds objects to pictures of a set, all or none, as part of a transaction.
 * @param set its key. @returns their ids, in order. @throws ServiceError INVALID_ARGUMENT; NOT_FOUND for a picture that is not there.
 */
export async function addObjects(
  trx: Transaction<Schema>,
  set: number,
  person: string,
  objects: readonly NewObject[],
): Promise<bigint[]> {
  if (objects.length === 0) return [];
  await lockForChange(trx, set);
  const surroundings = await surroundingsOf(
    trx,
    set,
    objects.map(({ picture }) => picture),
    objects.flatMap(({ track }) => (track === undefined ? [] : [track])),
  );
  return insertObjects(
    trx,
    set,
    person,
    objects.map((one) => checkNew(one, surroundings)),
  );
}

/**
 * For whoever has locked the set for a change. Until the transaction's end nobody deletes the pictures.
 * @param tracks that objects may come into.
 */
export async function surroundingsOf(
  trx: Transaction<Schema>,
  set: number,
  pictures: readonly bigint[],
  tracks: readonly bigint[],
): Promise<Surroundings> {
  // In one question: whoever saves a click waits for each there and back. Pictures are locked in one order, as counts lock them.
  const { rows } = await sql<PictureAround & { is_label: boolean }>`
    select false as is_label, p.* from (
      select id, width, height, sequence from pictures
      where dataset = ${set} and not deleted and id = any (${[...new Set(pictures)]}::bigint[])
        and exists (select from datasets where key = ${set} and deleted_at is null)
      order by id for no key update of pictures
    ) p
    union all select true, id, 0, 0, null from labels where dataset = ${set}`.execute(trx);
  return {
    pictures: new Map(rows.filter(({ is_label }) => !is_label).map((row) => [row.id, row])),
    labels: new Set(rows.filter(({ is_label }) => is_label).map(({ id }) => Number(id))),
    tracks: await TracksAround.of(trx, set, tracks, pictures),
  };
}

/** @throws ServiceError INVALID_ARGUMENT; NOT_FOUND. */
export function checkNew(one: NewObject, { pictures, labels, tracks }: Surroundings): MadeObject {
  const picture = pictures.get(one.picture);
  if (!picture) throw noPicture(one.picture);
  checkLabel(one.label, labels);
  if (!isState(one.state)) throw invalidArgument(`An object is not made in the state ${one.state}.`);
  checkAttributes(one.attributes ?? {});
  const gear = one.provenance?.gear ?? Gear.UNSPECIFIED;
  const seconds = checkSeconds(one.provenance?.seconds ?? 0);
  const mask = readMask(one.rle, picture);
  const checkedGear = gear === Gear.UNSPECIFIED ? Gear.ASSISTED : checkGear(gear);
  // Last: what has joined a track has its place there.
  const label = one.track === undefined ? one.label : tracks.join(one.track, picture);
  if (one.label !== 0 && one.label !== label) throw otherLabel();
  return {
    picture: one.picture,
    label,
    mask,
    state: one.state,
    gear: checkedGear,
    provenance: one.provenance,
    seconds,
    attributes: one.attributes ?? {},
    track: one.track ?? null,
    followed: one.provenance?.trackState ?? TrackState.UNSPECIFIED,
  };
}

export const otherLabel = () =>
  invalidArgument("An object has the label of its track: change that one's, or take the object out of it.");

/** One that an object can be in while it is there. */
export const isState = (state: ObjectState) =>
  state > ObjectState.UNSPECIFIED && state < ObjectState.DELETED && Number.isInteger(state);

export function checkLabel(label: number, labels: ReadonlySet<number>): void {
  if (label !== 0 && !labels.has(label)) throw invalidArgument(`The data set has no label ${label}.`);
}

export function checkGear(gear: Gear): Gear {
  if (Gear[gear] === undefined) throw invalidArgument(`There is no gear ${gear}.`);
  return gear;
}

export function checkSeconds(seconds: number): number {
  if (seconds >= 0 && seconds <= mostSeconds) return seconds;
  throw invalidArgument(`A person works on a mask for 0 to ${mostSeconds} seconds; ${seconds} were given.`);
}
