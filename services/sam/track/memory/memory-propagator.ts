import type { DecodedMask } from "../../masks/decoded-mask.js";
import type { FollowedObject, FrameOfTrack, KnownObject, Propagator, Remembered, Step } from "../propagator.js";
import { bankFor } from "./bank.js";

/** A mask of which the model thinks less is to be looked at. */
const leastIou = 0.5;

/** What an object in a frame is remembered by, made when a step looks back at it. */
interface ObjectMemory<Picture, Rows, Pointer> {
  readonly picture: Picture;
  /** How the frame looks, and where in it the object is. */
  rows(): Promise<Rows>;
  /** What the object is. */
  pointer(): Promise<Pointer>;
}

/** A frame in the light of what is remembered of an object. */
export interface Seen<Pointer> {
  /** float32 [gridSize, gridSize]; undefined where the object is not there. */
  readonly logits: Float32Array | undefined;
  readonly predictedIou: number;
  readonly pointer: Pointer;
}

/** What is looked back at. */
export interface LookedAt<Rows, Pointer> {
  /** `encoding`: which of the temporal encodings is added to it. */
  readonly masks: readonly { readonly rows: Rows; readonly encoding: number }[];
  /** `distance`: in frames, below 0 for those that the track has yet to come to. */
  readonly pointers: readonly { readonly pointer: Pointer; readonly distance: number }[];
}

/** A mask, and the logits that it is cut from, less what other objects have of them. */
export interface SettledMask {
  readonly mask: DecodedMask;
  readonly logits: Float32Array;
}

/** Runs of SAM 2's graphs, wherever that is. @template Rows, Pointer what they are there. */
export interface MemoryRuns<Picture, Rows, Pointer> {
  rows(picture: Picture, known: KnownObject): Promise<Rows>;
  pointer(picture: Picture, known: KnownObject): Promise<Pointer>;
  look(picture: Picture, at: LookedAt<Rows, Pointer>): Promise<Seen<Pointer>>;
  /** Masks that share no pixel, in the same order; undefined for objects that are not there, and those of which nothing is left. */
  settle(
    picture: Picture,
    seen: readonly Pick<Seen<Pointer>, "logits" | "predictedIou">[],
  ): Promise<readonly (SettledMask | undefined)[]>;
  /** Of what was found, so that who remembers its mask has the rows and the pointer that it was found with. */
  keep(picture: Picture, settled: SettledMask, pointer: Pointer): Promise<void>;
  /** How alike a picture is to another, by what tells the cells of a third apart; see `Step`. */
  likeness(picture: Picture, other: Picture, reference: Picture): Promise<number>;
}

/**
 * SAM 2's way: the decoder's features attend to what is remembered of the object in the frames that `bankFor` names. An object whose
 * score is not above 0 is absent, and remembered as that.
 */
export class MemoryPropagator<Picture, Rows, Pointer>
  implements Propagator<Picture, ObjectMemory<Picture, Rows, Pointer>>
{
  readonly #runs: MemoryRuns<Picture, Rows, Pointer>;

  constructor(runs: MemoryRuns<Picture, Rows, Pointer>) {
    this.#runs = runs;
  }

  remember(picture: Picture, known: KnownObject): ObjectMemory<Picture, Rows, Pointer> {
    return {
      picture,
      rows: () => this.#runs.rows(picture, known),
      pointer: () => this.#runs.pointer(picture, known),
    };
  }

  async step(
    picture: Picture,
    at: FrameOfTrack,
    objects: readonly Remembered<ObjectMemory<Picture, Rows, Pointer>>[],
  ): Promise<Step> {
    const [nearest, reference = nearest] = [
      nearestOf(at, objects, ["shown", "followed"]),
      nearestOf(at, objects, ["shown"]),
    ];
    const likeness = nearest && reference ? await this.#runs.likeness(picture, nearest, reference) : 0;
    const seen: Seen<Pointer>[] = [];
    for (const object of objects) seen.push(await this.#runs.look(picture, await lookedAt(at, object)));
    const settled = await this.#runs.settle(picture, seen);
    const found: FollowedObject[] = [];
    for (const [index, { id }] of objects.entries()) {
      const [{ predictedIou, pointer }, mask] = [seen[index]!, settled[index]];
      if (mask) await this.#runs.keep(picture, mask, pointer);
      found.push({ id, ...foundObject(mask, predictedIou) });
    }
    return { objects: found, likeness };
  }
}

/** The nearest of the frames that any of the objects is remembered from. */
function nearestOf<Picture>(
  { frame: here }: FrameOfTrack,
  objects: readonly Remembered<{ picture: Picture }>[],
  kinds: readonly ("shown" | "followed")[],
): Picture | undefined {
  const all = objects.flatMap((object) => kinds.flatMap((kind) => [...object[kind]]));
  return all.sort(([a], [b]) => Math.abs(a - here) - Math.abs(b - here))[0]?.[1].picture;
}

async function lookedAt<Picture, Rows, Pointer>(
  at: FrameOfTrack,
  object: Remembered<ObjectMemory<Picture, Rows, Pointer>>,
): Promise<LookedAt<Rows, Pointer>> {
  const bank = bankFor(at, object);
  const masks = [];
  for (const { memory, encoding } of bank.masks) masks.push({ rows: await memory.rows(), encoding });
  const pointers = [];
  for (const { memory, distance } of bank.pointers) pointers.push({ pointer: await memory.pointer(), distance });
  return { masks, pointers };
}

function foundObject(settled: SettledMask | undefined, predictedIou: number): Omit<FollowedObject, "id"> {
  if (!settled) return { state: "absent", mask: undefined, agreement: 0 };
  const agreement = Math.min(Math.max(predictedIou, 0), 1);
  return { state: agreement < leastIou ? "unsure" : "tracked", mask: settled.mask, agreement };
}
