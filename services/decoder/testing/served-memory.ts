import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Manifest, type ModelSpec } from "../../inference/models/manifest.js";
import { Models } from "../../inference/models/models.js";
import {
  decoderGraph,
  encoderGraph,
  frameSide,
  memoryAttentionGraph,
  memoryConstants,
  memoryEncoderGraph,
  objectPointerGraph,
} from "./memory-model.js";

export const jsonOf = (data: object): Uint8Array => Buffer.from(JSON.stringify(data));

export const memoryModelFiles = {
  encoder: encoderGraph(),
  decoder: decoderGraph(),
  memoryEncoder: memoryEncoderGraph(),
  memoryAttention: memoryAttentionGraph(),
  objectPointer: objectPointerGraph(),
  memoryConstants: jsonOf(memoryConstants()),
};

export type MemoryModelFiles = Record<keyof typeof memoryModelFiles, Uint8Array>;

/** A model with a memory, whose files are written into a folder. @param more of its entry. */
export function servedMemory(folder: string, changes: Partial<MemoryModelFiles> = {}, more: object = {}) {
  const files = Object.fromEntries(
    Object.entries({ ...memoryModelFiles, ...changes }).map(([role, bytes]) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      writeFileSync(join(folder, sha256), bytes);
      return [role, { source: `file:${sha256}`, sha256, bytes: bytes.length }];
    }),
  );
  const said = { id: "m", title: "M", family: "sam2", provenance: "Written by a test.", licence: "Apache-2.0" };
  const entry = { ...said, files, preprocess: { size: frameSide }, ...more };
  const manifest = new Manifest({ default: "m", models: [entry] }, folder);
  return { model: manifest.get("m") as ModelSpec, models: new Models(manifest) };
}
