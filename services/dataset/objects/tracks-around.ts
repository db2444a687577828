import { sql, type Transaction } from "kysely";
import { ObjectState } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { Schema } from "../database/schema.js";
import { notFound, notNow } from "../faults.js";

interface KnownTrack {
  readonly sequence: bigint;
  readonly label: number;
}

/** Where an object is to be. */
interface JoiningPicture {
  readonly id: bigint;
  /** Null: it is no frame. */
  readonly sequence: bigint | null;
}

/** Tracks that objects join, and which of them have one in which pictures. */
export class TracksAround {
  readonly #tracks: ReadonlyMap<bigint, KnownTrack>;
  readonly #taken: Set<string>;

  private constructor(tracks: ReadonlyMap<bigint, KnownTrack>, taken: Set<string>) {
    this.#tracks = tracks;
    this.#taken = taken;
  }

  /** Of those that are there. For whoever has locked the set for a change, and the pictures. */
  static async of(
    trx: Transaction<Schema>,
    set: number,
    tracks: readonly bigint[],
    pictures: readonly bigint[],
  ): Promise<TracksAround> {
    if (tracks.length === 0) return new TracksAround(new Map(), new Set());
    const ids = [...new Set(tracks)];
    const { rows } = await sql<KnownTrack & { id: bigint }>`
      select id, sequence, label from tracks where dataset = ${set} and not deleted and id = any (${ids}::bigint[])
    `.execute(trx);
    const { rows: taken } = await sql<{ track: bigint; picture: bigint }>`
      select track, picture from objects
      where track = any (${ids}::bigint[]) and picture = any (${[...new Set(pictures)]}::bigint[])
        and state <> ${ObjectState.DELETED}`.execute(trx);
    return new TracksAround(
      new Map(rows.map((row) => [row.id, row])),
      new Set(taken.map(({ track, picture }) => placeOf(track, picture))),
    );
  }

  has(track: bigint): boolean {
    return this.#tracks.has(track);
  }

  /**
   * An object of a picture comes into a track, which has none there until then.
   * @returns the label that it gets. @throws ServiceError NOT_FOUND; INVALID_ARGUMENT; FAILED_PRECONDITION.
   */
  join(track: bigint, picture: JoiningPicture): number {
    const known = this.#tracks.get(track);
    if (!known) throw notFound(`The data set has no track ${track}.`);
    if (known.sequence !== picture.sequence) {
      throw invalidArgument(`The picture ${picture.id} is no frame of the sequence that the track ${track} is of.`);
    }
    const place = placeOf(track, picture.id);
    if (this.#taken.has(place)) {
      throw notNow(
        `The track ${track} has another object in the picture ${picture.id}, and one there is all that it may have: take that out of it first.`,
      );
    }
    this.#taken.add(place);
    return known.label;
  }
}

const placeOf = (track: bigint, picture: bigint) => `${track} ${picture}`;
