import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { projectRoot } from "../../services/runtime/project-root.js";

const positive = z.number().positive();
/** Of milliseconds: evenly spaced quantiles, least to greatest. */
const quantiles = z.array(z.number().nonnegative()).min(2);

const schema = z.object({
  /** Where, how and when it was measured. */
  source: z.object({
    command: z.string(),
    date: z.string(),
    machine: z.record(z.string(), z.unknown()),
    /** Share of a core that other work on the machine took meanwhile; null where that is not known. */
    elsewhere: z.number().nullable(),
  }),
  decoder: z.object({
    /** What a warm click takes of a core right after another one, all its work for it taken together. */
    promptMs: quantiles,
    /** What it takes where the worker had nothing to do before: caches are cold then, and the core may have slept. */
    freePromptMs: quantiles,
    /** What a preview takes less: one mask instead of all candidates. */
    previewSavesMs: z.number().nonnegative(),
    /** What a prompt takes more when the worker has to make the picture's embedding ready first. */
    prepareMs: quantiles,
    /** The way of an embedding from the shared cache into the process; takes none of the worker's time. */
    fetchMs: positive,
    /** A picture that is ready in a worker. */
    preparedBytes: positive,
    /** A picture in the process, and in the shared cache. */
    recordBytes: positive,
  }),
  /** What a prompt, with its answer, takes of a gateway's one thread. */
  gatewayMs: positive,
  /** What it takes of its client, which on a machine of its own is a delay and no more. */
  clientMs: z.number().nonnegative(),
  /** What is left of the way there and back. */
  transportMs: quantiles,
  /** What a new picture takes of one core of an encoder, from its bytes to its embedding in the shared cache. */
  encodeMs: positive,
});

/** What the simulation takes from measurement, all of it made by `npm run bench -- load --calibration FILE`. */
export type Calibration = z.infer<typeof schema>;

const calibrationFile = join(projectRoot, "test", "simulation", "calibration.json");

/** @throws Error naming the file and what is wrong with it. */
export function readCalibration(file = calibrationFile): Calibration {
  const parsed = schema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
