import { join } from "node:path";
import { z } from "zod";
import { projectRoot } from "../runtime/project-root.js";
import { integer, text } from "../runtime/settings/forms.js";
import type { EnvOf } from "../runtime/settings/read-env.js";

/** Which models there are, and the threads that run them. */
export const variables = {
  MASKWIRE_MODELS_FILE: text("the path of a JSON file").describe(
    "models of your own beside those of models/manifest.json, in the same form; their file: sources are relative to it",
  ),
  MASKWIRE_MODELS_DIR: text("a folder").describe("where models are that npm run models -- pull has fetched"),
  MASKWIRE_MODEL: text("the id of a model").describe("model used when none is named"),
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

export function shape(env: EnvOf<typeof variables>) {
  return {
    file: env.MASKWIRE_MODELS_FILE,
    pulledDir: env.MASKWIRE_MODELS_DIR ?? join(projectRoot, "models", "pulled"),
    /** Used when none is named; undefined for the manifest's own. */
    chosen: env.MASKWIRE_MODEL,
    cacheDir: env.MASKWIRE_MODEL_CACHE_DIR ?? join(projectRoot, "node_modules", ".cache", "maskwire"),
    frame: env.MASKWIRE_ENCODER_FRAME ?? "picture",
    hungMs: env.MASKWIRE_HUNG_MS ?? 15_000,
  };
}

export type ModelSettings = ReturnType<typeof shape>;
