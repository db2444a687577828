import { type InferenceSession, Tensor } from "onnxruntime-node";
import { createSession } from "../../inference/models/create-session.js";
import type { MemoryModel } from "../../sam/track/memory/memory-propagator.js";

/** Files, or the graphs themselves, as axinc-ai exports them of SAM 2.1. */
interface MemoryFiles {
  readonly encoder: string | Uint8Array;
  readonly attention: string | Uint8Array;
  /** The object pointer's. */
  readonly mlp: string | Uint8Array;
}

/** Sides of what the graphs take. */
interface MemorySides {
  /** Cells along a side of the coarsest features. */
  readonly cells: number;
  /** Pixels along the frame's side. */
  readonly frame: number;
  /** Of a cell's features, and of what is remembered of one. */
  readonly channels: number;
  readonly width: number;
}

type MemoryGraphs = Pick<MemoryModel, "remember" | "attend" | "pointer"> & AsyncDisposable;

/** SAM 2's memory encoder, memory attention and pointer in ONNX Runtime. */
export async function loadMemoryGraphs(files: MemoryFiles, sides: MemorySides, threads: number): Promise<MemoryGraphs> {
  const open = async (file: string | Uint8Array): Promise<InferenceSession> =>
    (await createSession(file, { providers: ["cpu"], threads, changesShape: true })).session;
  const sessions = {
    encoder: await open(files.encoder),
    attention: await open(files.attention),
    mlp: await open(files.mlp),
  };
  const { cells, frame, channels, width } = sides;
  const area = cells ** 2;
  const rows = (values: Float32Array, wide: number) => new Tensor("float32", values, [values.length / wide, 1, wide]);
  return {
    remember: async ({ features }, mask) => {
      const given = await sessions.encoder.run({
        pix_feat: new Tensor("float32", turned(features, area, channels), [1, channels, cells, cells]),
        masks: new Tensor("float32", mask, [1, 1, frame, frame]),
      });
      const byCell = (name: string) => turned(floats(given, name), width, area);
      return { values: byCell("vision_features"), positions: byCell("vision_pos_enc") };
    },
    attend: async ({ features, positions }, masks, pointers) => {
      const given = await sessions.attention.run({
        curr: rows(features, channels),
        curr_pos: rows(positions, channels),
        memory_1: rows(masks.values, width),
        memory_pos_1: rows(masks.positions, width),
        memory_2: rows(pointers.values, width),
        memory_pos_2: rows(pointers.positions, width),
      });
      return floats(given, "pix_feat");
    },
    pointer: async (token) => {
      const given = await sessions.mlp.run({ x: new Tensor("float32", token, [1, channels]) });
      return floats(given, "x_out");
    },
    async [Symbol.asyncDispose]() {
      for (const session of Object.values(sessions)) await session.release();
    },
  };
}

function floats(given: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const tensor = given[name];
  if (!tensor) throw new Error(`The memory's graph gave no ${name}.`);
  return tensor.data as Float32Array;
}

/** float32 [rows, columns] -> [columns, rows] */
function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const own = new Float32Array(values.length);
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) own[column * rows + row] = values[at]!;
  return own;
}
