import type { Followed, FrameOfTrack, Propagator, Remembered } from "../propagator.js";
import { bankFor } from "./bank.js";
import { type Projection, temporalEncoding } from "./temporal-encoding.js";

/** A frame as its encoder gives it: the coarsest features, cell by cell. */
interface MemoryPicture {
  /** float32 [cells, channels], without anything of the memory. */
  readonly features: Float32Array;
  /** float32 [cells, channels]: what says where a cell is. */
  readonly positions: Float32Array;
}

/** Rows of the memory, and what says where and when each is. */
interface Rows {
  readonly values: Float32Array;
  readonly positions: Float32Array;
}

/** What is remembered of an object in a frame. */
export interface ObjectMemory {
  /** float32 [cells, width] each. */
  readonly mask: Rows;
  /** float32 [channels]. */
  readonly pointer: Float32Array;
}

/** Numbers that are no graph, and come with the weights. */
export interface MemoryConstants {
  /** float32 [7, width]. */
  readonly temporal: Float32Array;
  /** float32 [channels]: in place of what a memory adds, where there is none. */
  readonly noMemory: Float32Array;
  /** float32 [channels]. */
  readonly noObjectPointer: Float32Array;
  /** float32 [width], of version 2.1: added to the memory of a frame in which the object is not. */
  readonly noObjectSpatial?: Float32Array;
  /** Of a pointer's distance in time, of version 2.1. */
  readonly pointerTime?: Projection;
}

/** What the mask decoder makes of features. */
interface DecodedMemory {
  /** float32 [gridSize, gridSize]. */
  readonly logits: Float32Array;
  readonly predictedIou: number;
  /** float32 [channels]: of the mask that it gives. */
  readonly token: Float32Array;
  /** Above 0 where the object is there. */
  readonly objectScore: number;
}

/** The graphs of SAM 2's memory. */
export interface MemoryModel {
  readonly constants: MemoryConstants;
  /** @param mask float32, on the frame's pixels: 10 inside to -10 outside. @returns [cells, width] each. */
  remember(picture: MemoryPicture, mask: Float32Array): Promise<Rows>;
  /** @returns float32 [cells, channels]: the frame's features in the light of the memory. */
  attend(picture: MemoryPicture, masks: Rows, pointers: Rows): Promise<Float32Array>;
  /** @param mask logits that it starts from, where the mask is known. */
  decode(picture: MemoryPicture, features: Float32Array, mask?: Float32Array): Promise<DecodedMemory>;
  /** A mask's token -> the object's pointer. */
  pointer(token: Float32Array): Promise<Float32Array>;
  /** Logits -> the frame's pixels. */
  enlarge(logits: Float32Array): Float32Array;
}

/** What a mask is to the memory's encoder: sigmoid * 20 - 10. */
const memoryScale = 20;
const memoryBias = -10;
/** Logits of an object that is not there. */
const nowhere = -1024;

/** SAM 2's way: an attention over what is remembered of frames before. */
export class MemoryPropagator implements Propagator<MemoryPicture, ObjectMemory> {
  readonly #model: MemoryModel;

  constructor(model: MemoryModel) {
    this.#model = model;
  }

  async start(picture: MemoryPicture, mask: Float32Array): Promise<ObjectMemory> {
    const { token } = await this.#model.decode(picture, this.#alone(picture), mask);
    // A person's mask is remembered as it is, inside or outside.
    const isThere = mask.some((logit) => logit > 0);
    const sure = this.#model.enlarge(mask).map((logit) => (logit > 0 ? memoryScale + memoryBias : memoryBias));
    return this.#memory(picture, sure, token, isThere);
  }

  correct(picture: MemoryPicture, mask: Float32Array): Promise<ObjectMemory> {
    return this.start(picture, mask);
  }

  async step(
    picture: MemoryPicture,
    at: FrameOfTrack,
    remembered: Remembered<ObjectMemory>,
  ): Promise<Followed<ObjectMemory>> {
    const { logits, predictedIou, token, objectScore } = await this.#model.decode(
      picture,
      await this.#lookedAt(picture, at, remembered),
    );
    const isThere = objectScore > 0;
    const mask = this.#model
      .enlarge(isThere ? logits : logits.map(() => nowhere))
      .map((logit) => memoryScale / (1 + Math.exp(-logit)) + memoryBias);
    const memory = await this.#memory(picture, mask, token, isThere);
    return { logits: isThere ? logits : undefined, predictedIou: isThere ? predictedIou : 0, memory };
  }

  async #memory(
    picture: MemoryPicture,
    mask: Float32Array,
    token: Float32Array,
    isThere: boolean,
  ): Promise<ObjectMemory> {
    const { noObjectPointer, noObjectSpatial } = this.#model.constants;
    const rows = await this.#model.remember(picture, mask);
    if (isThere) return { mask: rows, pointer: await this.#model.pointer(token) };
    const values = noObjectSpatial ? plusEach(rows.values, noObjectSpatial) : rows.values;
    return { mask: { ...rows, values }, pointer: noObjectPointer };
  }

  #alone({ features }: MemoryPicture): Float32Array {
    return plusEach(features, this.#model.constants.noMemory);
  }

  async #lookedAt(
    picture: MemoryPicture,
    at: FrameOfTrack,
    remembered: Remembered<ObjectMemory>,
  ): Promise<Float32Array> {
    const { masks, pointers } = bankFor(at, remembered);
    if (masks.length === 0) return this.#alone(picture);
    const { temporal, pointerTime } = this.#model.constants;
    const width = temporal.length / 7;
    const maskRows = {
      values: joined(masks.map(({ memory }) => memory.mask.values)),
      positions: joined(
        masks.map(({ memory, encoding }) =>
          plusEach(memory.mask.positions, temporal.subarray(encoding * width, (encoding + 1) * width)),
        ),
      ),
    };
    // A pointer is several rows of the memory's width, all of one time.
    const values = joined(pointers.map(({ memory }) => memory.pointer));
    const rowsOfOne = pointers.length > 0 ? values.length / pointers.length / width : 0;
    const times = pointers.map(({ distance }) =>
      pointerTime ? temporalEncoding(distance, pointerTime) : new Float32Array(width),
    );
    const positions = joined(times.flatMap((time) => Array<Float32Array>(rowsOfOne).fill(time)));
    return this.#model.attend(picture, maskRows, { values, positions });
  }
}

/** Adds a row to each row. */
function plusEach(rows: Float32Array, row: Float32Array): Float32Array {
  return rows.map((value, at) => value + row[at % row.length]!);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
