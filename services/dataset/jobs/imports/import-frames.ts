import { sql, type Transaction } from "kysely";
import { invalidArgument, ServiceError } from "../../../runtime/errors.js";
import type { Schema } from "../../database/schema.js";
import { conflict } from "../../faults.js";
import type { FoundFrame } from "../../formats/types.js";
import { checkNumber, fastest } from "../../sequences/check-frames.js";
import { checkName } from "../../sequences/check-name.js";
import { ofAnother, placeEach, type SequenceRow } from "../../sequences/place-frames.js";
import { insertSequence, noSequence } from "../../sequences/sequence-rows.js";
import { insertTrack } from "../../sequences/track-rows.js";

type Trx = Transaction<Schema>;

/** A picture that annotations call a frame. */
interface Frame<Picture> {
  /** Its sequence is that in which it is already; null: in none. */
  readonly picture: Picture & {
    readonly id: bigint;
    readonly name: string;
    readonly split: string;
    readonly sequence: bigint | null;
  };
  readonly frame: FoundFrame;
}

interface Place {
  readonly set: number;
  readonly person: string;
}

/**
 * Puts pictures into the sequences that they are said to be of, which are made where the set has none of the name. For whoever has locked
 * the set for a change.
 * @param refuse hears which could not be put there, and why. @returns the sequences of the others, by their pictures' ids.
 */
export async function placeFound<Picture>(
  trx: Trx,
  { set, person }: Place,
  frames: readonly Frame<Picture>[],
  refuse: (picture: Picture, reason: string) => void,
): Promise<Map<bigint, bigint>> {
  const placed = new Map<bigint, bigint>();
  const numbered = frames.filter(({ picture, frame }) => {
    try {
      checkNumber(frame.number);
      return true;
    } catch (error) {
      refuse(picture, reasonOf(error));
      return false;
    }
  });
  const bySequence = groupedBy(numbered);
  // In one order for all, as their rows are locked.
  for (const name of [...bySequence.keys()].sort()) {
    const some = bySequence.get(name) ?? [];
    try {
      const sequence = await sequenceOf(trx, { set, person }, name, some);
      if (!sequence) {
        for (const { picture } of some) refuse(picture, ofAnother(picture.name).message);
        continue;
      }
      const wanted = some.map(({ picture, frame }) => ({
        picture: picture.id,
        number: frame.number,
        timeMs: undefined,
        whole: picture,
      }));
      const refused = new Set<bigint>();
      await placeEach(trx, { sequence, person }, wanted, (one, { message }) => {
        refused.add(one.picture);
        refuse(one.whole, message);
      });
      for (const { picture } of some) if (!refused.has(picture.id)) placed.set(picture.id, sequence.id);
    } catch (error) {
      for (const { picture } of some) refuse(picture, reasonOf(error));
    }
  }
  return placed;
}

function groupedBy<Picture>(frames: readonly Frame<Picture>[]): Map<string, Frame<Picture>[]> {
  const groups = new Map<string, Frame<Picture>[]>();
  for (const one of frames) {
    const group = groups.get(one.frame.sequence);
    if (group) group.push(one);
    else groups.set(one.frame.sequence, [one]);
  }
  return groups;
}

/** @returns undefined: there is none of the name, and no frame for a new one. */
async function sequenceOf(
  trx: Trx,
  { set, person }: Place,
  name: string,
  frames: readonly Frame<unknown>[],
): Promise<SequenceRow | undefined> {
  checkName(name, "A sequence");
  const there = await lockNamed(trx, set, name);
  if (there) return there;
  // Those of a sequence that is called otherwise now need no empty one of the old name.
  const first = frames.find(({ picture }) => picture.sequence === null);
  if (!first) return undefined;
  const { frameRate = 0 } = first.frame;
  const known = frameRate <= fastest ? frameRate : 0;
  const made = await insertSequence(trx, {
    ...{ dataset: set, name, person },
    ...{ frameRate: known, split: first.picture.split },
  });
  // Somebody may have made it since it was looked for.
  const sequence = made ?? (await lockNamed(trx, set, name));
  if (!sequence) throw conflict("The sequence");
  return sequence;
}

const lockNamed = (trx: Trx, set: number, name: string): Promise<SequenceRow | undefined> =>
  trx
    .selectFrom("sequences")
    .selectAll()
    .where("dataset", "=", set)
    .where("name", "=", name)
    .where("deleted", "=", false)
    .forNoKeyUpdate()
    .executeTakeFirst();

/** An object that annotations say to be of a track. */
interface Tracked {
  readonly sequence: bigint;
  readonly name: string;
  /** 0: none. */
  readonly label: number;
}

/**
 * Finds tracks by their names, and makes those that there are not. All of a track's objects have its label: those of another one are of a
 * track by themselves, which is called after both, and what has none gets the track's.
 */
export class FoundTracks {
  readonly #trx: Trx;
  readonly #place: Place;
  readonly #known = new Map<string, { id: bigint; label: number }>();
  readonly #sequences: ReadonlySet<bigint>;

  private constructor(trx: Trx, place: Place, sequences: ReadonlySet<bigint>) {
    this.#trx = trx;
    this.#place = place;
    this.#sequences = sequences;
  }

  /** Of these sequences, which are locked: before their objects, as whoever saves tracks does. */
  static async of(trx: Trx, place: Place, sequences: readonly bigint[]): Promise<FoundTracks> {
    if (sequences.length === 0) return new FoundTracks(trx, place, new Set());
    const { rows } = await sql<{ id: bigint }>`
      select id from sequences where dataset = ${place.set} and not deleted and id = any (${[...new Set(sequences)]}::bigint[])
      order by id for no key update`.execute(trx);
    return new FoundTracks(trx, place, new Set(rows.map(({ id }) => id)));
  }

  /** @param labelName of its label, for a second track of the name. @throws ServiceError. */
  async idOf({ sequence, name, label }: Tracked, labelName: string): Promise<bigint> {
    if (!this.#sequences.has(sequence)) throw noSequence(sequence);
    const track = await this.#named(sequence, name, label);
    if (label === 0 || track.label === label) return track.id;
    const other = await this.#named(sequence, `${name} (${labelName})`, label);
    if (other.label === label) return other.id;
    throw invalidArgument(`The track "${name}" has another label in the data set.`);
  }

  async #named(sequence: bigint, name: string, label: number): Promise<{ id: bigint; label: number }> {
    const key = `${sequence} ${name}`;
    const known = this.#known.get(key);
    if (known) return known;
    checkName(name, "A track");
    const { set, person } = this.#place;
    const there = await this.#trx
      .selectFrom("tracks")
      .select(["id", "label"])
      .where("sequence", "=", sequence)
      .where("name", "=", name)
      .where("deleted", "=", false)
      .executeTakeFirst();
    const track = there ?? (await insertTrack(this.#trx, { dataset: set, sequence, name, label, person }));
    if (!track) throw new Error("a track that nobody else could make is there");
    this.#known.set(key, track);
    return track;
  }
}

/** @throws the error where nobody can be told of it. */
function reasonOf(error: unknown): string {
  if (error instanceof ServiceError && error.reason !== "DATABASE_LOST") return error.message;
  throw error;
}
