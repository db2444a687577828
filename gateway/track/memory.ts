import { create } from "@bufbuild/protobuf";
import { type KnownPicture, KnownPictureSchema, maxKnownPictures, type Rle } from "../../proto/index.js";

/** Masks of a frame by object. */
export interface FrameMemory {
  readonly frame: number;
  readonly masks: ReadonlyMap<number, Rle>;
}

/** Frames that were tracked last and are compared with the next; those that a person touched nearest to it are too. */
const recentFrames = 3;
const touchedFrames = 2;

/** What a track knows of its video while it goes one way: the masks that people made, and those of its last frames. */
export class TrackMemory {
  readonly #touched: readonly FrameMemory[];
  #recent: FrameMemory[];

  /** @param recent tracked before, the nearest last. */
  constructor(touched: readonly FrameMemory[], recent: readonly FrameMemory[] = []) {
    this.#touched = touched;
    this.#recent = recent.slice(-recentFrames);
  }

  /** The frame behind the last. An object that is absent there is looked for in those that were touched. */
  remember(frame: FrameMemory): void {
    this.#recent = [...this.#recent, frame].slice(-recentFrames);
  }

  /** What the masks of these objects in a frame are made from, touched frames first. */
  knownFor(frame: number, objects: readonly number[], imageIds: readonly string[]): KnownPicture[] {
    const touched = this.#nearestTouched(frame, objects);
    const recent = this.#recent.filter((one) => !touched.has(one.frame));
    const pictureOf = ({ frame: at, masks }: FrameMemory, everywhere: boolean): KnownPicture =>
      create(KnownPictureSchema, {
        imageId: imageIds[at] ?? "",
        everywhere,
        masks: objects.flatMap((object) => {
          const rle = masks.get(object);
          return rle ? [{ object, rle }] : [];
        }),
      });
    return [
      ...[...touched.values()].map((one) => pictureOf(one, true)),
      ...recent.map((one) => pictureOf(one, false)),
    ].filter(({ masks }) => masks.length > 0);
  }

  /** Each object's nearest, as many as there is room for: one of each is, always. */
  #nearestTouched(frame: number, objects: readonly number[]): Map<number, FrameMemory> {
    const chosen = new Map<number, FrameMemory>();
    const room = maxKnownPictures - recentFrames;
    const byDistance = [...this.#touched].sort((a, b) => Math.abs(a.frame - frame) - Math.abs(b.frame - frame));
    for (let rank = 0; rank < touchedFrames; rank++) {
      for (const object of objects) {
        const one = byDistance.filter(({ masks }) => masks.has(object))[rank];
        if (one && (chosen.has(one.frame) || chosen.size < room)) chosen.set(one.frame, one);
      }
    }
    return chosen;
  }
}
