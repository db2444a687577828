import { type InferenceSession, Tensor } from "onnxruntime-node";
import { createSession } from "../../inference/models/create-session.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { ModelFileError } from "../../inference/models/model-file.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import { type MemoryConstants, temporalEncodings } from "../../sam/track/memory/constants.js";
import { noMask } from "../../sam/track/memory/memory-mask.js";
import { turned } from "../../sam/track/memory/planes.js";
import type { Rows } from "../../sam/track/memory/rows.js";
import { sinePositions } from "../../sam/track/memory/sine-positions.js";
import { formOf } from "./graph-faces.js";
import type { MemoryFiles } from "./memory-files.js";

/** The graphs of a model's memory, ready to run. */
export interface LoadedMemory {
  readonly constants: MemoryConstants;
  /** Numbers in a row of the memory; a pointer is several of them. */
  readonly width: number;
  /** Pixels along the frame's side. */
  readonly side: number;
  /** float32 [rows, width]: where each row of a mask memory is, the same in every frame. */
  readonly positions: Float32Array;
  /** @param planes float32 [channels, cells, cells], bare. @param mask float32 [side, side], -10 to 10. @returns float32 [rows, width]. */
  remember(planes: Float32Array, mask: Float32Array): Promise<Float32Array>;
  /** @param planes the same. @returns float32 [channels, cells, cells]: these in the light of the memory. */
  attend(planes: Float32Array, masks: Rows, pointers: Rows): Promise<Float32Array>;
  /** @param token float32 [channels], of a mask; or the pointer, where the decoder gives that. @returns the object's pointer. */
  pointer(token: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

/**
 * SAM 2's memory encoder, memory attention and object pointer in ONNX Runtime, held against their interface and run once. What is
 * remembered of a frame may be its cells, or latents as EdgeTAM's perceiver makes of them: the graph says which.
 * @throws ModelFileError for graphs that are not of the interface.
 */
export async function loadMemoryGraphs(model: ModelSpec, files: MemoryFiles, threads: number): Promise<LoadedMemory> {
  const contract = model.memory;
  if (!contract) throw new Error(`The model ${model.id} has no memory.`);
  const opened: InferenceSession[] = [];
  const open = async (path: string, what: string) => {
    const { session } = await createSession(path, { providers: ["cpu"], threads, changesShape: true });
    opened.push(session);
    return { session, title: `The ${what} of "${model.id}"` };
  };
  const release = async () => {
    for (const session of opened) await session.release();
  };
  try {
    const encoder = await open(files.encoder, "memory encoder");
    const attention = await open(files.attention, "memory attention");
    const mlp = files.pointer === undefined ? undefined : await open(files.pointer, "object pointer");
    const { constants } = files;
    const { dims, side: cells } = imageTensor(model);
    const channels = dims[1] as number;
    const area = cells ** 2;
    const width = constants.temporal.length / temporalEncodings;
    const side = model.preprocess.size;

    const { encoder: names, attention: faces, pointer: ends } = contract;
    formOf(encoder, "input", names.features, { planes: [1, channels, cells, cells] });
    formOf(encoder, "input", names.mask, { square: [1, 1, side, side] });
    const memoryForms = { planes: [1, width, cells, cells], rows: [1, undefined, width] } as const;
    const form = formOf(encoder, "output", names.values, memoryForms);
    formOf(encoder, "output", names.positions, { [form]: memoryForms[form] });
    if (form === "rows" && constants.noObjectSpatial) {
      throw new ModelFileError(
        `The memory encoder of "${model.id}" gives latents: no_obj_embed_spatial is of cells, and cannot be added to them.`,
      );
    }
    const rowForms = (count: number | undefined, wide: number) => ({ rows: [count, 1, wide], batch: [1, count, wide] });
    const formsOf = (given: readonly [name: string, count: number | undefined, wide: number][]) =>
      new Map(given.map(([name, count, wide]) => [name, formOf(attention, "input", name, rowForms(count, wide))]));
    const rowForm = formsOf([
      [faces.features, area, channels],
      [faces.positions, area, channels],
      [faces.masks, undefined, width],
      [faces.maskPositions, undefined, width],
      [faces.pointers, undefined, width],
      [faces.pointerPositions, undefined, width],
    ]);
    formOf(attention, "output", faces.output, rowForms(area, channels));
    if (mlp) {
      formOf(mlp, "input", ends.input, { rows: [undefined, channels] });
      formOf(mlp, "output", ends.output, { rows: [undefined, channels] });
    }

    const byRows = (values: Float32Array) => (form === "rows" ? values : turned(values, width, area));
    const encode = async (planes: Float32Array, mask: Float32Array) =>
      encoder.session.run({
        [names.features]: new Tensor("float32", planes, [1, channels, cells, cells]),
        [names.mask]: new Tensor("float32", mask, [1, 1, side, side]),
      });
    const rowsTensor = (name: string, values: Float32Array, wide: number) => {
      const count = values.length / wide;
      return {
        [name]: new Tensor("float32", values, rowForm.get(name) === "batch" ? [1, count, wide] : [count, 1, wide]),
      };
    };
    const places = sinePositions(cells, channels);
    const first = await encode(new Float32Array(channels * area), noMask(side));
    const memory: LoadedMemory = {
      constants,
      width,
      side,
      positions: byRows(floats(first, names.positions)),
      remember: async (planes, mask) => byRows(floats(await encode(planes, mask), names.values)),
      attend: async (planes, masks, pointers) => {
        const given = await attention.session.run({
          ...rowsTensor(faces.features, turned(planes, channels, area), channels),
          ...rowsTensor(faces.positions, places, channels),
          ...rowsTensor(faces.masks, masks.values, width),
          ...rowsTensor(faces.maskPositions, masks.positions, width),
          ...rowsTensor(faces.pointers, pointers.values, width),
          ...rowsTensor(faces.pointerPositions, pointers.positions, width),
        });
        return turned(floats(given, faces.output), area, channels);
      },
      pointer: async (token) => {
        if (!mlp) return token;
        const given = await mlp.session.run({ [ends.input]: new Tensor("float32", token, [1, channels]) });
        return floats(given, ends.output);
      },
      release,
    };
    // Memory is allocated in the first run, which shows besides that what the graphs give goes together.
    const pointer = { values: constants.noObjectPointer, positions: new Float32Array(channels) };
    await memory.attend(
      new Float32Array(channels * area),
      { values: byRows(floats(first, names.values)), positions: memory.positions },
      pointer,
    );
    return memory;
  } catch (error) {
    await release();
    throw error;
  }
}

function floats(given: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const tensor = given[name];
  if (!tensor) throw new Error(`The memory's graph gave no ${name}.`);
  return tensor.data as Float32Array;
}
