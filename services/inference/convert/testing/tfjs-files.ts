import { encodeHalf } from "../../../../proto/half-float.js";

type Attribute = Record<string, unknown>;

const strides = (step: number): Attribute => ({ list: { i: ["1", String(step), String(step), "1"] } });
/** As newer converters write it. */
const text = (value: string): Attribute => ({ s: Buffer.from(value).toString("base64") });
/** As older ones do. */
const codes = (value: string): Attribute => ({ s: [...Buffer.from(value)] });

interface Weight {
  dims: number[];
  data: number[];
  dtype?: "int32" | "float16" | "uint8";
}

/** A graph's files, as TensorFlow.js's converter writes them, of nodes and weights that a test gives. */
export class TfjsFiles {
  readonly #nodes: object[] = [];
  readonly #specs: object[] = [];
  readonly #bytes: Uint8Array[] = [];

  node(name: string, op: string, input: string[], attr: Record<string, Attribute> = {}): string {
    this.#nodes.push({ name, op, input, attr });
    return name;
  }

  conv(
    name: string,
    op: string,
    input: string[],
    step: number,
    padding: "SAME" | "VALID",
    extra: Record<string, Attribute> = {},
  ): string {
    const write = padding === "SAME" ? text : codes;
    return this.node(name, op, input, {
      strides: strides(step),
      padding: write(padding),
      data_format: text("NHWC"),
      ...extra,
    });
  }

  weight(name: string, { dims, data, dtype }: Weight): string {
    const shape = dims;
    if (dtype === "int32") this.#add({ name, shape, dtype }, Int32Array.from(data));
    else if (dtype === "float16") {
      this.#add({ name, shape, dtype: "float32", quantization: { dtype } }, encodeHalf(Float32Array.from(data)));
    } else if (dtype === "uint8") {
      const quantization = { dtype, scale: 0.5, min: -2 };
      this.#add(
        { name, shape, dtype: "float32", quantization },
        Uint8Array.from(data, (one) => (one + 2) / 0.5),
      );
    } else this.#add({ name, shape, dtype: "float32" }, Float32Array.from(data));
    this.node(name, "Const", []);
    return name;
  }

  ints(name: string, data: number[], dims = [data.length]): string {
    return this.weight(name, { dims, data, dtype: "int32" });
  }

  /** model.json and its weights, in two files. */
  files(): { json: string; shards: Map<string, Uint8Array> } {
    const bytes = Buffer.concat(this.#bytes);
    const half = Math.ceil(bytes.length / 2);
    const paths = ["a-1of2", "a-2of2"];
    const json = JSON.stringify({
      format: "graph-model",
      modelTopology: { node: this.#nodes },
      weightsManifest: [{ paths, weights: this.#specs }],
    });
    return { json, shards: new Map(paths.map((path, at) => [path, bytes.subarray(at * half, (at + 1) * half)])) };
  }

  #add(spec: object, data: Float32Array | Int32Array | Uint16Array | Uint8Array): void {
    this.#specs.push(spec);
    this.#bytes.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
}
