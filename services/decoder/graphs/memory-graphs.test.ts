import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Manifest, type ModelSpec } from "../../inference/models/manifest.js";
import { ModelFileError } from "../../inference/models/model-file.js";
import type { Models } from "../../inference/models/models.js";
import {
  frameSide,
  memoryAttentionGraph,
  memoryConstants,
  memoryEncoderGraph,
  objectPointerGraph,
} from "../testing/memory-model.js";
import { jsonOf, type MemoryModelFiles, memoryModelFiles, servedMemory } from "../testing/served-memory.js";
import { memoryFiles } from "./memory-files.js";
import { loadMemoryGraphs } from "./memory-graphs.js";

const folder = mkdtempSync(join(tmpdir(), "maskwire-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

const modelOf = (changes: Partial<MemoryModelFiles> = {}, more: object = {}) => servedMemory(folder, changes, more);

async function load({ model, models }: { model: ModelSpec; models: Models }) {
  const files = await memoryFiles(model, models);
  return loadMemoryGraphs(model, files!, 1);
}

describe("a model's memory", () => {
  it.each([
    ["cells", "cells", 256],
    ["latents", "latents", 32],
  ] as const)("of %s is loaded from its entry's files, and run once", async (_what, form, rows) => {
    const marksAbsent = form === "cells";
    const memory = await load(
      modelOf({
        memoryEncoder: memoryEncoderGraph(form),
        memoryAttention: memoryAttentionGraph(form),
        memoryConstants: jsonOf(memoryConstants({ marksAbsent })),
      }),
    );
    expect([memory.width, memory.side, memory.positions.length]).toEqual([64, frameSide, 64 * rows]);
    expect(memory.constants.noObjectSpatial?.length).toBe(marksAbsent ? 64 : undefined);
    await memory.release();
  });

  it("is none where the entry has no files of it", async () => {
    const { model } = modelOf();
    const { memory: _, ...without } = model;
    expect(await memoryFiles(without, { verifiedGraph: async () => "" })).toBeUndefined();
  });

  it.each<[string, Parameters<typeof modelOf>, RegExp]>([
    [
      "an output of another name",
      [{}, { memory: { encoder: { values: "maskmem_features" } } }],
      /^The memory encoder of "m" gives no "maskmem_features"; it gives vision_features, vision_pos_enc\.$/,
    ],
    [
      "another graph in its place",
      [{ memoryAttention: objectPointerGraph() }],
      /^The memory attention of "m" takes no "curr"; it takes x\.$/,
    ],
    [
      "features of another size",
      [{}, { preprocess: { size: 2 * frameSide } }],
      /^The memory encoder of "m" takes "pix_feat" as float32 \[1, 256, 16, 16\], not float32 \[1, 256, 32, 32\]\.$/,
    ],
    [
      "latents with what is of cells",
      [{ memoryEncoder: memoryEncoderGraph("latents"), memoryAttention: memoryAttentionGraph("latents") }],
      /gives latents: no_obj_embed_spatial is of cells/,
    ],
    [
      "constants that are no JSON",
      [{ memoryConstants: Buffer.from("{") }],
      /constants in .* cannot be used: they are no JSON/,
    ],
    [
      "constants without one",
      [{ memoryConstants: jsonOf({ ...memoryConstants(), no_mem_embed: undefined }) }],
      /cannot be used:[\s\S]*no_mem_embed/,
    ],
    [
      "constants of another model",
      [{ memoryConstants: jsonOf({ ...memoryConstants(), no_obj_ptr: [[1, 2, 3]] }) }],
      /no_obj_ptr has 3 numbers, not 256/,
    ],
    [
      "a width that no pointer is made of",
      [{ memoryConstants: jsonOf({ ...memoryConstants(), maskmem_tpos_enc: Array(7).fill([1, 2, 3]) }) }],
      /maskmem_tpos_enc is not 7 rows of a width that divides the features' 256/,
    ],
  ])("is refused for %s", async (_what, [changes, more], message) => {
    const loading = load(modelOf(changes, more));
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(ModelFileError);
  });
});

describe("an entry with a memory", () => {
  const without =
    (role: string, more: object = {}) =>
    () => {
      const said = {
        id: "m",
        title: "M",
        family: "sam2",
        provenance: "Written by a test.",
        licence: "Apache-2.0",
        ...more,
      };
      const file = { source: "file:x", sha256: "ab".repeat(32), bytes: 1 };
      const files = Object.fromEntries(
        Object.keys(memoryModelFiles).flatMap((one) => (one === role ? [] : [[one, file]])),
      );
      return new Manifest({ default: "m", models: [{ ...said, files }] }, folder);
    };

  it("has all of it, and says that it follows objects", () => {
    const { model } = modelOf();
    expect(model.capabilities.video).toBe(true);
    expect(without("memoryEncoder")).toThrow(
      /a memory with memoryAttention, objectPointer, memoryConstants needs memoryEncoder too/,
    );
    expect(without("objectPointer")).not.toThrow();
  });

  it("is of a family that may have one", () => {
    const pixels = without("", { family: "sam1-pixels" });
    expect(pixels).toThrow(/memoryEncoder/);
    const said = { id: "m", title: "M", family: "sam2", provenance: "A test.", licence: "MIT", memory: {} };
    const file = { source: "file:x", sha256: "ab".repeat(32), bytes: 1 };
    const bare = () =>
      new Manifest({ default: "m", models: [{ ...said, files: { encoder: file, decoder: file } }] }, folder);
    expect(bare).toThrow(/`memory` needs the files memoryEncoder, memoryAttention, memoryConstants/);
  });
});
