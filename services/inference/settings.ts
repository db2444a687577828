import { join } from "node:path";
import { z } from "zod";
import { projectRoot } from "../runtime/project-root.js";
import { bytes, integer, list, text } from "../runtime/settings/forms.js";
import type { EnvOf } from "../runtime/settings/read-env.js";

/** ID, or ID:lazy. */
const servedModel = /^[\w.@-]+(:lazy)?$/;

/** Which models there are, and the threads that run them. */
export const variables = {
  MASKWIRE_MODELS_FILE: text("the path of a JSON file").describe(
    "models of your own beside those of models/manifest.json, in the same form; their file: sources are relative to it",
  ),
  MASKWIRE_MODELS_DIR: text("a folder").describe("where models are that npm run models -- pull has fetched"),
  MASKWIRE_PULL: z
    .enum(["auto", "never"], "auto or never")
    .describe(
      "auto: a server on which nothing understands words fetches the first detector of the manifest in the background, where a registry answers",
    ),
  MASKWIRE_MODEL: text("the id of a model").describe("model used when none is named"),
  MASKWIRE_MODELS: list
    .refine(
      (all) => all.length > 0 && all.every((one) => servedModel.test(one)),
      "ids of models separated by commas, each ID or ID:lazy",
    )
    .describe("models that are served, loaded at the start; ID:lazy is loaded when it is asked for first"),
  MASKWIRE_MODEL_BYTES: bytes(1).describe(
    "bytes of the graphs that a tier keeps loaded, in all its workers together; for another the least used one is unloaded",
  ),
  MASKWIRE_MODEL_CACHE_DIR: text("a folder").describe("where rewritten graphs are kept"),
  MASKWIRE_ENCODER_FRAME: z
    .enum(["picture", "full"], "picture or full")
    .describe(
      "what encoders encode: the part of the model's frame that holds the picture, or the whole frame with its padding, as the " +
        "model was trained; the same for encoders and decoders",
    ),
  MASKWIRE_HUNG_MS: integer(100, 3_600_000).describe(
    "silence of a worker thread that has work after which it is taken to hang; five of its usual tasks at least",
  ),
} as const;

/** @param limitBytes of the process's memory. */
export function shape(env: EnvOf<typeof variables>, limitBytes: number) {
  return {
    file: env.MASKWIRE_MODELS_FILE,
    pulledDir: env.MASKWIRE_MODELS_DIR ?? join(projectRoot, "models", "pulled"),
    pulls: env.MASKWIRE_PULL !== "never",
    /** Used when none is named; undefined for the manifest's own. */
    chosen: env.MASKWIRE_MODEL,
    /** undefined for the chosen one alone. */
    served: env.MASKWIRE_MODELS?.map((one) => ({ id: one.replace(/:lazy$/, ""), isLazy: one.endsWith(":lazy") })),
    /** Of graphs that a tier keeps loaded. */
    loadedBytes: env.MASKWIRE_MODEL_BYTES ?? Math.floor(limitBytes / 4),
    cacheDir: env.MASKWIRE_MODEL_CACHE_DIR ?? join(projectRoot, "node_modules", ".cache", "maskwire"),
    frame: env.MASKWIRE_ENCODER_FRAME ?? "picture",
    hungMs: env.MASKWIRE_HUNG_MS ?? 15_000,
  };
}

export type ModelSettings = ReturnType<typeof shape>;
