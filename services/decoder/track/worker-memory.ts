import { createHash } from "node:crypto";
import { encodeCounts } from "../../../proto/rle.js";
import type { LookedAt, MemoryRuns, Seen, SettledMask } from "../../sam/track/memory/memory-propagator.js";
import type { KnownObject } from "../../sam/track/propagator.js";
import type { PictureTasks } from "../pictures/pictures.js";
import type {
  CarryTask,
  LookTask,
  MemoryPointer,
  MemoryRows,
  PointerTask,
  RowsTask,
  SettleTask,
} from "../worker/decoder-tasks.js";
import type { MemoryCache } from "./memory-cache.js";
import type { VideoPicture } from "./video-picture.js";

/** A step gives way to people's prompts between its parts. */
const behind = { urgent: false } as const;

/**
 * SAM 2's memory on a decoder's workers. What is remembered is kept by the picture and the mask, and so found again by whoever says what
 * the mask was. Of a frame that was followed that is what the model made of its own logits and in the light of the frames before. Where it
 * was lost it is made again of the mask as it is, which is all that a request has: its edges are hard then, and the pointer is that of a
 * decode from the mask. A frame that a person has shown, and one in which the object is absent, are made again as they were.
 */
export class WorkerMemory implements MemoryRuns<VideoPicture, MemoryRows, MemoryPointer> {
  readonly #cache: MemoryCache;

  constructor(cache: MemoryCache) {
    this.#cache = cache;
  }

  rows(picture: VideoPicture, { mask, isShown }: KnownObject): Promise<MemoryRows> {
    const name = nameOf("rows", isShown, mask && encodeCounts(mask.runs));
    return this.#found(picture, name, (tasks) =>
      tasks.run<RowsTask>({ kind: "rows", object: { known: mask } }, behind),
    );
  }

  pointer(picture: VideoPicture, { mask, isShown }: KnownObject): Promise<MemoryPointer> {
    const name = nameOf("pointer", isShown, mask && encodeCounts(mask.runs));
    return this.#found(picture, name, (tasks) => tasks.run<PointerTask>({ kind: "pointer", known: mask }, behind));
  }

  async look(picture: VideoPicture, at: LookedAt<MemoryRows, MemoryPointer>): Promise<Seen<MemoryPointer>> {
    return (await picture.open()).run<LookTask>({ kind: "look", at }, behind);
  }

  async settle(picture: VideoPicture, seen: SettleTask["seen"]): Promise<readonly (SettledMask | undefined)[]> {
    return (await picture.open()).run<SettleTask>({ kind: "settle", seen }, behind);
  }

  async keep(picture: VideoPicture, { mask, logits }: SettledMask, pointer: MemoryPointer): Promise<void> {
    const tasks = await picture.open();
    const rows = await tasks.run<RowsTask>({ kind: "rows", object: { found: logits } }, behind);
    this.#cache.keep(tasks.embedding, nameOf("rows", false, mask.counts), rows);
    this.#cache.keep(tasks.embedding, nameOf("pointer", false, mask.counts), pointer);
  }

  async likeness(picture: VideoPicture, other: VideoPicture, reference: VideoPicture): Promise<number> {
    const [target, ...others] = await Promise.all([picture, reference, other].map((one) => one.open()));
    const memory = others.map(({ embedding }) => ({ ...embedding, everywhere: false }));
    return (await target!.run<CarryTask>({ kind: "carry", memory, objects: [] }, behind)).likeness;
  }

  async #found(
    picture: VideoPicture,
    name: string,
    make: (tasks: PictureTasks) => Promise<SharedArrayBuffer>,
  ): Promise<SharedArrayBuffer> {
    const found = this.#cache.find(picture.ref.key, name);
    if (found) return found;
    const tasks = await picture.open();
    const made = await make(tasks);
    this.#cache.keep(tasks.embedding, name, made);
    return made;
  }
}

/** A person's mask is remembered otherwise than the same mask that was found. */
function nameOf(what: "rows" | "pointer", isShown: boolean, counts: string | undefined): string {
  if (counts === undefined) return `${what} absent`;
  return `${what} ${isShown ? "shown" : "followed"} ${createHash("sha256").update(counts).digest("base64url")}`;
}
