import type { Transaction } from "kysely";
import { invalidArgument, ServiceError } from "../../../runtime/errors.js";
import type { Schema } from "../../database/schema.js";
import type { FoundFrame } from "../../formats/types.js";
import { checkName } from "../../sequences/check-name.js";
import { placeFrames, type SequenceRow } from "../../sequences/place-frames.js";
import { insertSequence, lockSequence } from "../../sequences/sequence-rows.js";
import { insertTrack } from "../../sequences/track-rows.js";

type Trx = Transaction<Schema>;

/** A picture that annotations call a frame. */
interface Frame<Picture> {
  readonly picture: Picture & { readonly id: bigint; readonly split: string };
  readonly frame: FoundFrame;
}

interface Place {
  readonly set: number;
  readonly person: string;
}

/**
 * Puts pictures into the sequences that they are said to be of, which are made where the set has none of the name.
 * @param refuse hears which could not be put there, and why. @returns the sequences of the others, by their pictures' ids.
 */
export async function placeFound<Picture>(
  trx: Trx,
  { set, person }: Place,
  frames: readonly Frame<Picture>[],
  refuse: (picture: Picture, reason: string) => void,
): Promise<Map<bigint, bigint>> {
  const placed = new Map<bigint, bigint>();
  const bySequence = groupedBy(frames);
  // In one order for all, as their rows are locked.
  for (const name of [...bySequence.keys()].sort()) {
    const some = bySequence.get(name) ?? [];
    try {
      const sequence = await sequenceOf(trx, { set, person }, some);
      for (const { picture, frame } of some) {
        try {
          await placeFrames(trx, { sequence, person }, [
            { picture: picture.id, number: frame.number, timeMs: undefined },
          ]);
          placed.set(picture.id, sequence.id);
        } catch (error) {
          refuse(picture, reasonOf(error));
        }
      }
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

async function sequenceOf(trx: Trx, { set, person }: Place, [first]: readonly Frame<unknown>[]): Promise<SequenceRow> {
  const { sequence: name = "", frameRate = 0 } = first?.frame ?? {};
  checkName(name, "A sequence");
  const there = await trx
    .selectFrom("sequences")
    .select("id")
    .where("dataset", "=", set)
    .where("name", "=", name)
    .where("deleted", "=", false)
    .executeTakeFirst();
  if (there) return lockSequence(trx, set, there.id);
  const split = first?.picture.split ?? "";
  const made = await insertSequence(trx, { dataset: set, name, frameRate, split, person });
  if (!made) throw invalidArgument(`The sequence "${name}" was made by somebody else meanwhile; import once more.`);
  return made;
}

/** An object that annotations say to be of a track. */
interface Tracked {
  readonly sequence: bigint;
  readonly name: string;
  readonly label: number;
}

/**
 * Finds tracks by their names, and makes those that there are not. All of a track's objects have its label: those of another one are of a
 * track by themselves, which is called after both.
 */
export class FoundTracks {
  readonly #trx: Trx;
  readonly #place: Place;
  readonly #known = new Map<string, { id: bigint; label: number }>();
  readonly #locked = new Set<bigint>();

  constructor(trx: Trx, place: Place) {
    this.#trx = trx;
    this.#place = place;
  }

  /** @param labelName of its label, for a second track of the name. @throws ServiceError. */
  async idOf({ sequence, name, label }: Tracked, labelName: string): Promise<bigint> {
    const track = await this.#named(sequence, name, label);
    if (track.label === label) return track.id;
    const other = await this.#named(sequence, `${name} (${labelName || "no label"})`, label);
    if (other.label === label) return other.id;
    throw invalidArgument(`The track "${name}" has another label in the data set.`);
  }

  async #named(sequence: bigint, name: string, label: number): Promise<{ id: bigint; label: number }> {
    const key = `${sequence} ${name}`;
    const known = this.#known.get(key);
    if (known) return known;
    checkName(name, "A track");
    const { set, person } = this.#place;
    if (!this.#locked.has(sequence)) await lockSequence(this.#trx, set, sequence);
    this.#locked.add(sequence);
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
