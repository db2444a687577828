import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeHalf, encodeHalf } from "../../../proto/half-float.js";
import { encoderFiles } from "../../../services/encoder/graphs/encoder-files.js";
import { noLimits, openPicture } from "../../../services/encoder/images/open-picture.js";
import { fitPixels, modelInput } from "../../../services/encoder/images/preprocess.js";
import { type LoadedEncoder, loadEncoder } from "../../../services/encoder/worker/load-encoder.js";
import type { Manifest, ModelSpec } from "../../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../../services/inference/models/model-file.js";

/** Embeddings of frames, each encoded once: they are kept in a folder as half floats, as in the service's cache. */
export class Embeddings implements AsyncDisposable {
  readonly model: ModelSpec;
  readonly #folder: string;
  readonly #encoder: LoadedEncoder;
  readonly #memory: Float32Array;
  /** Milliseconds of each encode. */
  readonly encodeMs: number[] = [];

  private constructor(model: ModelSpec, folder: string, encoder: LoadedEncoder) {
    this.model = model;
    this.#folder = folder;
    this.#encoder = encoder;
    this.#memory = new Float32Array(3 * model.preprocess.size ** 2);
  }

  static async open(
    model: ModelSpec,
    manifest: Manifest,
    folder: string,
    cacheDir: string,
    threads: number,
  ): Promise<Embeddings> {
    const runtime = { providers: ["cpu" as const], threads };
    const files = await encoderFiles(model, await verifyModelFile(model.encoder, manifest), cacheDir, runtime);
    await mkdir(folder, { recursive: true });
    return new Embeddings(model, folder, await loadEncoder(model, files, runtime));
  }

  /** @returns float32 [channels, side, side] */
  async of(bytes: Uint8Array): Promise<Float32Array> {
    const path = join(this.#folder, `${createHash("sha256").update(this.model.id).update(bytes).digest("hex")}.f16`);
    if (existsSync(path)) {
      const kept = await readFile(path);
      return decodeHalf(new Uint16Array(kept.buffer.slice(kept.byteOffset, kept.byteOffset + kept.byteLength)));
    }
    const halves = encodeHalf(await this.encode(bytes));
    await writeFile(`${path}.making`, new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength));
    await rename(`${path}.making`, path);
    return decodeHalf(halves);
  }

  /** A picture's file -> its embedding, every time anew. */
  async encode(bytes: Uint8Array): Promise<Float32Array> {
    const startedAt = performance.now();
    const pixels = await fitPixels(await openPicture(bytes, noLimits), this.model.preprocess);
    const frame = this.#encoder.frameOf(pixels);
    const input = modelInput(pixels, this.model, frame, this.#memory);
    const [tensor] = this.#encoder.whole(await this.#encoder.run(input, frame), frame);
    this.encodeMs.push(performance.now() - startedAt);
    if (!tensor) throw new Error("an encoder that gives nothing");
    return tensor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#encoder.release();
  }
}
