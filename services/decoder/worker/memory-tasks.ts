import { Tensor } from "onnxruntime-node";
import { decodeHalf, encodeHalf } from "../../../proto/half-float.js";
import { type MaskRuns, rleBoundingBox } from "../../../proto/rle.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import type { KeptTensors } from "../../inference/models/session-runner.js";
import type { OpenPicture } from "../../sam/decode/decode-prompt.js";
import type { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import type { Frame } from "../../sam/frame.js";
import type { Candidates } from "../../sam/masks/candidates.js";
import { finishMask } from "../../sam/masks/decoded-mask.js";
import { maskLogits } from "../../sam/masks/mask-logits.js";
import type { CheckedPrompt } from "../../sam/prompts/check-prompt.js";
import { deepestPlaces } from "../../sam/prompts/deepest-places.js";
import { noTokens, promptTokens } from "../../sam/prompts/prompt-tokens.js";
import { divide } from "../../sam/track/divide.js";
import { foundMask, knownMask, noMask } from "../../sam/track/memory/memory-mask.js";
import type { Seen } from "../../sam/track/memory/memory-propagator.js";
import { plusPlanes } from "../../sam/track/memory/planes.js";
import { maskRows, plusEach, pointerRows } from "../../sam/track/memory/rows.js";
import type { LoadedMemory } from "../graphs/memory-graphs.js";
import type {
  LookTask,
  MemoryPointer,
  MemoryRows,
  PointerTask,
  RowsTask,
  SettledMasks,
  SettleTask,
} from "./decoder-tasks.js";

type Picture = Pick<OpenPicture<KeptTensors>, "kept" | "frame">;

/** A model with a memory, as a worker has it loaded. */
export interface RememberingModel {
  readonly model: ModelSpec;
  readonly decoder: Pick<MaskDecoder<KeptTensors>, "spec" | "takesMasks" | "decodeWith">;
  readonly memory: LoadedMemory;
}

/** As many points as say where a mask is, to a decoder that starts from none. */
const mostPoints = 3;

/** Of a mask that is known, or of one that was found with all that the model was unsure of. */
export async function rememberRows(
  { object }: Pick<RowsTask, "object">,
  { model, memory }: RememberingModel,
  picture: Picture,
): Promise<MemoryRows> {
  const { side, constants } = memory;
  const isAbsent = "known" in object && isNowhere(object.known);
  const mask = maskOf(object, side);
  const rows = await memory.remember(bareFeatures(model, memory, picture), mask);
  const { noObjectSpatial } = constants;
  return shared(encodeHalf(isAbsent && noObjectSpatial ? plusEach(rows, noObjectSpatial) : rows));
}

/** There is no mask, or a person's without a pixel, who says by it that the object is not here. */
const isNowhere = (known: MaskRuns | undefined): boolean => !known || rleBoundingBox(known).width === 0;

function maskOf(object: RowsTask["object"], side: number): Float32Array {
  if ("found" in object) return foundMask(object.found, side);
  return object.known ? knownMask(object.known, side) : noMask(side);
}

/**
 * What the object is, by a decode from its mask: as SAM 2 has it of a person's. Of a mask that was found, and whose pointer was lost, it
 * stands in for that, which was made in the light of the frames before. A decoder that starts from no mask is asked for it by points
 * and a box, as a person would.
 */
export async function pointerOf(
  { known }: Pick<PointerTask, "known">,
  { model, decoder, memory }: RememberingModel,
  picture: Picture,
): Promise<MemoryPointer> {
  if (!known || isNowhere(known)) return shared(memory.constants.noObjectPointer);
  const { frame, kept } = picture;
  const mask = maskLogits(known, frame);
  const rules = decoder.spec.tokens;
  const [features, tokens, start] = decoder.takesMasks
    ? [withImage(model, picture, bareFeatures(model, memory, picture)), noTokens(rules), mask]
    : [kept, promptTokens(promptOf(known), frame, rules), undefined];
  const { candidates, further } = await decoder.decodeWith([tokenName(model)], features, tokens, start);
  return shared(await pointerFrom(further[0]!, candidates, mostLike(candidates, mask), memory));
}

/** The object's mask here, or that it is not here. */
export async function look(
  { at }: Pick<LookTask, "at">,
  remembering: RememberingModel,
  picture: Picture,
): Promise<Seen<MemoryPointer>> {
  const { model, decoder, memory } = remembering;
  const { constants, width, positions } = memory;
  const absent = { logits: undefined, predictedIou: 0, pointer: shared(constants.noObjectPointer) };
  if (at.masks.length === 0) return absent;
  const masks = at.masks.map(({ rows, encoding }) => ({ values: decodeHalf(new Uint16Array(rows)), encoding }));
  const pointers = at.pointers.map(({ pointer, distance }) => ({ values: new Float32Array(pointer), distance }));
  const features = await memory.attend(
    bareFeatures(model, memory, picture),
    maskRows(masks, positions, constants, width),
    pointerRows(pointers, constants, width),
  );
  const names = [tokenName(model), model.memory!.decoder.objectScore];
  const { candidates, further } = await decoder.decodeWith(
    names,
    withImage(model, picture, features),
    noTokens(decoder.spec.tokens),
    undefined,
  );
  const [token, score] = further;
  if (!(score![0]! > 0)) return absent;
  const best = surest(candidates);
  return {
    logits: logitsAt(candidates, best).slice(),
    predictedIou: candidates.predictedIou[best]!,
    pointer: shared(await pointerFrom(token!, candidates, best, memory)),
  };
}

/** Masks that share no pixel, with the logits that they are cut from. */
export function settle({ seen }: Pick<SettleTask, "seen">, frame: Frame): SettledMasks {
  divide(seen.flatMap(({ logits }) => logits ?? []));
  return seen.map(({ logits, predictedIou }) => {
    if (!logits) return undefined;
    const { mask } = finishMask({ logits, predictedIou }, frame);
    return mask.area === 0 ? undefined : { mask, logits };
  });
}

/** What a click decodes on: the embedding's features with what stands for no memory, which some exports leave to others. */
export function withNoMemory(model: ModelSpec, memory: LoadedMemory | undefined, index: number, data: Float32Array) {
  if (!memory || model.memory?.features !== "bare" || index !== imageTensor(model).index) return data;
  return plusPlanes(data, memory.constants.noMemory);
}

/** The picture's features without that: float32 [channels, cells, cells]. As exact as the half floats that the sum was kept in. */
function bareFeatures(model: ModelSpec, { constants }: LoadedMemory, { kept }: Pick<Picture, "kept">): Float32Array {
  return plusPlanes(kept[imageName(model)]!.data as Float32Array, constants.noMemory, -1);
}

/** A picture's tensors with other features in the place of its own. */
function withImage(model: ModelSpec, { kept }: Pick<Picture, "kept">, features: Float32Array): KeptTensors {
  const name = imageName(model);
  return { ...kept, [name]: new Tensor("float32", features, kept[name]!.dims) };
}

const imageName = (model: ModelSpec): string => model.decoder.embedding[imageTensor(model).index]!.name;

const tokenName = ({ files: { objectPointer }, memory }: ModelSpec): string =>
  objectPointer === undefined ? memory!.decoder.pointer : memory!.decoder.token;

/** @param tokens float32 [masks, channels], or of a single mask's token besides, which comes first; or of the one mask that it has chosen. */
function pointerFrom(
  tokens: Float32Array,
  { predictedIou }: Candidates,
  mask: number,
  memory: LoadedMemory,
): Promise<Float32Array> {
  const channels = memory.constants.noObjectPointer.length;
  const count = tokens.length / channels;
  const at = count === 1 ? 0 : mask + (count - predictedIou.length);
  return memory.pointer(tokens.slice(at * channels, (at + 1) * channels));
}

const logitsAt = ({ logits, predictedIou }: Candidates, mask: number): Float32Array => {
  const size = logits.length / predictedIou.length;
  return logits.subarray(mask * size, (mask + 1) * size);
};

/** Of the candidates that of which the model thinks most: no frame is asked by several prompts, so that one is not asked. */
function surest({ predictedIou, single }: Candidates): number {
  return bestOf(predictedIou.length, (mask) => (mask === single ? Number.NEGATIVE_INFINITY : predictedIou[mask]!));
}

/** The one that answers several prompts, where there is one; or that which is most like a mask. */
function mostLike(candidates: Candidates, mask: Float32Array): number {
  return candidates.single ?? bestOf(candidates.predictedIou.length, (at) => iouOf(logitsAt(candidates, at), mask));
}

function bestOf(count: number, of: (at: number) => number): number {
  let best = 0;
  for (let at = 1; at < count; at++) if (of(at) > of(best)) best = at;
  return best;
}

function iouOf(a: Float32Array, b: Float32Array): number {
  let [both, either] = [0, 0];
  for (let at = 0; at < a.length; at++) {
    const [inA, inB] = [a[at]! > 0, b[at]! > 0];
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return either === 0 ? 0 : both / either;
}

function promptOf(mask: MaskRuns): CheckedPrompt {
  const { x, y, width, height } = rleBoundingBox(mask);
  return {
    points: deepestPlaces(mask, mostPoints).map((place) => ({ x: place.x + 0.5, y: place.y + 0.5, label: 1 as const })),
    box: { x0: x, y0: y, x1: x + width, y1: y + height },
  };
}

/** The same numbers in memory that threads share. */
function shared(values: Uint16Array | Float32Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(values.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return buffer;
}
