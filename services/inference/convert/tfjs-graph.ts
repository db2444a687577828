import { z } from "zod";
import { decodeHalf } from "../../../proto/half-float.js";
import { ConvertError } from "./convert-error.js";

/** A constant: a dense row-major tensor. Integers and booleans are numbers too, as everywhere where they are only reckoned with. */
export interface Constant {
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** An operator and what it is told, with names of values: "NAME" is the first result of a node, "NAME:1" the second. */
export interface TfjsNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: Attributes;
}

/** A graph as TensorFlow.js keeps it: a topology in JSON beside shards of weights. */
export interface TfjsGraph {
  readonly nodes: ReadonlyMap<string, TfjsNode>;
  readonly constants: ReadonlyMap<string, Constant>;
}

const dimension = z.object({ size: z.coerce.number().optional() });
/** A string of bytes: base64, or the bytes one by one, by the converter's version. */
const byteString = z.union([z.string(), z.array(z.number())]);
const attribute = z.object({
  i: z.coerce.number().optional(),
  f: z.number().optional(),
  b: z.boolean().optional(),
  s: byteString.optional(),
  list: z.object({ i: z.array(z.coerce.number()).optional() }).optional(),
  shape: z.object({ dim: z.array(dimension).optional() }).optional(),
});
const node = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).optional(),
  attr: z.record(z.string(), attribute).optional(),
});
const weight = z.object({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(["float32", "int32", "bool"]),
  quantization: z
    .object({
      dtype: z.enum(["float16", "uint8", "uint16"]),
      scale: z.number().optional(),
      min: z.number().optional(),
    })
    .optional(),
});
const form = z.object({
  modelTopology: z.object({ node: z.array(node) }),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(weight) })),
});

type Weight = z.infer<typeof weight>;
type Read = z.infer<typeof attribute>;

/** What a node is told beside its inputs. */
class Attributes {
  readonly #all: Readonly<Record<string, Read>>;

  constructor(all: Readonly<Record<string, Read>>) {
    this.#all = all;
  }

  int(name: string, fallback = 0): number {
    return this.#all[name]?.i ?? fallback;
  }

  float(name: string, fallback = 0): number {
    return this.#all[name]?.f ?? fallback;
  }

  flag(name: string): boolean {
    return this.#all[name]?.b ?? false;
  }

  ints(name: string): readonly number[] {
    return this.#all[name]?.list?.i ?? [];
  }

  text(name: string): string {
    const bytes = this.#all[name]?.s ?? "";
    return Buffer.from(bytes as string, typeof bytes === "string" ? "base64" : undefined).toString("latin1");
  }
}

/** The files beside `model.json` that hold its weights, in their order. @throws ConvertError when it is no such file. */
export function shardsOf(json: string): string[] {
  return read(json).weightsManifest.flatMap(({ paths }) => paths);
}

/**
 * @param json `model.json`. @param shards the bytes of the files that `shardsOf` names.
 * @throws ConvertError for a file that is none, or weights that are too short.
 */
export function readTfjsGraph(json: string, shards: ReadonlyMap<string, Uint8Array>): TfjsGraph {
  const { modelTopology, weightsManifest } = read(json);
  const nodes = new Map<string, TfjsNode>();
  for (const { name, op, input = [], attr = {} } of modelTopology.node) {
    // Those that begin with ^ are only waited for.
    const inputs = input.filter((one) => !one.startsWith("^")).map((one) => one.replace(/:0$/, ""));
    nodes.set(name, { name, op, inputs, attributes: new Attributes(attr) });
  }
  const constants = new Map<string, Constant>();
  for (const { paths, weights } of weightsManifest) {
    const bytes = Buffer.concat(paths.map((path) => shards.get(path) ?? missing(path)));
    let at = 0;
    for (const one of weights) {
      const { constant, length } = readWeight(one, bytes, at);
      constants.set(one.name, constant);
      at += length;
    }
    if (at !== bytes.length) throw new ConvertError(`the weights have ${bytes.length} bytes where ${at} are named`);
  }
  return { nodes, constants };
}

function read(json: string) {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    throw new ConvertError("model.json is no JSON");
  }
  const parsed = form.safeParse(data);
  if (!parsed.success) throw new ConvertError(`model.json is no graph model of TensorFlow.js: ${parsed.error.message}`);
  return parsed.data;
}

function missing(path: string): never {
  throw new ConvertError(`the weights' file ${path} is missing`);
}

function readWeight({ name, shape, dtype, quantization }: Weight, bytes: Buffer, at: number) {
  const count = shape.reduce((product, size) => product * size, 1);
  const stored = quantization?.dtype ?? dtype;
  const length = count * storedBytes[stored];
  // Copied: what is read as larger numbers has to begin at a multiple of their size.
  const part = Uint8Array.from(bytes.subarray(at, at + length)).buffer;
  if (part.byteLength !== length) throw new ConvertError(`the weights end before ${name}`);
  const data = readers[stored](part, quantization?.scale ?? 1, quantization?.min ?? 0);
  return { constant: { dims: shape, data } satisfies Constant, length };
}

const storedBytes = { float32: 4, int32: 4, bool: 1, float16: 2, uint8: 1, uint16: 2 } as const;

type Reader = (bytes: ArrayBuffer, scale: number, min: number) => Constant["data"];
const readers: Record<keyof typeof storedBytes, Reader> = {
  float32: (bytes) => new Float32Array(bytes),
  int32: (bytes) => new Int32Array(bytes),
  bool: (bytes) => Int32Array.from(new Uint8Array(bytes)),
  float16: (bytes) => decodeHalf(new Uint16Array(bytes)),
  uint8: (bytes, scale, min) => Float32Array.from(new Uint8Array(bytes), (value) => value * scale + min),
  uint16: (bytes, scale, min) => Float32Array.from(new Uint16Array(bytes), (value) => value * scale + min),
};
