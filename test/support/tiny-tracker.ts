import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  decoderGraph,
  encoderGraph,
  frameSide,
  memoryAttentionGraph,
  memoryConstants,
  memoryEncoderGraph,
  objectPointerGraph,
} from "../../services/decoder/testing/memory-model.js";
import { projectRoot } from "../../services/runtime/project-root.js";

/** Models of SAM 2's family with a memory, of a few kilobytes: of cells, and of latents as EdgeTAM's, whose decoder gives the pointer. */
export const trackers = { cells: "tracker", latents: "edge-tracker" } as const;

/** The variables that make a process serve both of them, the first as the usual one. */
export function tinyTrackerEnv(): Record<string, string> {
  return {
    MASKWIRE_DECODER_WORKERS: "1",
    MASKWIRE_DECODER_THREADS: "1",
    MASKWIRE_MODELS_FILE: writeTrackers(),
    MASKWIRE_MODELS: Object.values(trackers).join(),
  };
}

/** @returns the manifest's path. */
function writeTrackers(): string {
  const json = (data: object) => Buffer.from(JSON.stringify(data));
  const files = {
    "encoder.onnx": encoderGraph(),
    "decoder.onnx": decoderGraph(),
    "memory-encoder.onnx": memoryEncoderGraph(),
    "memory-attention.onnx": memoryAttentionGraph(),
    "object-pointer.onnx": objectPointerGraph(),
    "constants.json": json(memoryConstants()),
    "edge-decoder.onnx": decoderGraph({ givesPointer: true }),
    "edge-memory-encoder.onnx": memoryEncoderGraph("latents"),
    "edge-memory-attention.onnx": memoryAttentionGraph("latents"),
    "edge-constants.json": json(memoryConstants({ marksAbsent: false })),
  };
  const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const all = digestOf(Buffer.concat(Object.values(files)));
  const folder = join(projectRoot, "node_modules", ".cache", "maskwire-test", `tracker-${all.slice(0, 16)}`);
  mkdirSync(folder, { recursive: true });
  const entryOf = (name: keyof typeof files) => ({
    source: `file:${name}`,
    sha256: digestOf(files[name]),
    bytes: files[name].length,
  });
  const said = {
    family: "sam2",
    provenance: "Written by test/support/tiny-tracker.ts.",
    licence: "Apache-2.0",
    preprocess: { size: frameSide },
  };
  const models = [
    {
      id: trackers.cells,
      title: "Colours for tests",
      ...said,
      files: {
        encoder: entryOf("encoder.onnx"),
        decoder: entryOf("decoder.onnx"),
        memoryEncoder: entryOf("memory-encoder.onnx"),
        memoryAttention: entryOf("memory-attention.onnx"),
        objectPointer: entryOf("object-pointer.onnx"),
        memoryConstants: entryOf("constants.json"),
      },
    },
    {
      id: trackers.latents,
      title: "The same in latents",
      ...said,
      files: {
        encoder: entryOf("encoder.onnx"),
        decoder: entryOf("edge-decoder.onnx"),
        memoryEncoder: entryOf("edge-memory-encoder.onnx"),
        memoryAttention: entryOf("edge-memory-attention.onnx"),
        memoryConstants: entryOf("edge-constants.json"),
      },
    },
  ];
  const manifest = join(folder, "models.json");
  for (const [name, bytes] of Object.entries({ ...files, "models.json": json({ models }) })) {
    // Several test files may write it at once, and others read it.
    const part = join(folder, `${name}.${process.pid}`);
    writeFileSync(part, bytes);
    renameSync(part, join(folder, name));
  }
  return manifest;
}
