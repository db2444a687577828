import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { invalidArgument } from "../errors.js";
import { projectRoot } from "../project-root.js";

const file = z.object({
  /** "package:NAME/PATH" (an installed npm package) or "file:PATH" (absolute, or relative to the manifest's folder). */
  source: z.string().regex(/^(package|file):.+/, 'starts with "package:" or "file:"'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "64 hex digits"),
  bytes: z.number().int().positive(),
});

const triple = z.tuple([z.number(), z.number(), z.number()]);

const model = z.object({
  id: z.string().regex(/^[\w.-]+$/, "letters, digits, . - and _"),
  title: z.string(),
  family: z.enum(["sam1"]),
  provenance: z.string(),
  licence: z.string(),
  encoder: file.extend({
    input: z.string(),
    outputs: z.array(z.object({ name: z.string(), dims: z.array(z.number().int().positive()) })).min(1),
  }),
  decoder: file,
  preprocess: z.object({
    /** Part of the embedding's key: bump it when the same picture would give other pixels. */
    version: z.number().int(),
    /** Side of the model's square frame in pixels. */
    size: z.number().int().positive(),
    /** letterbox: the longer side fills the frame, the rest is zero. stretch: both sides fill it. */
    resize: z.enum(["letterbox", "stretch"]),
    /** Per channel RGB, on the scale 0 to 255. */
    mean: triple,
    std: triple,
  }),
});

const manifestForm = z.object({ default: z.string(), models: z.array(model).min(1) });

export type ModelFile = z.infer<typeof file>;
export type ModelSpec = z.infer<typeof model>;
export type Preprocess = ModelSpec["preprocess"];

/** The models that can be served. */
export class Manifest {
  readonly models: ModelSpec[];
  readonly defaultId: string;
  /** Folder that relative `file:` sources start from. */
  readonly folder: string;

  constructor(data: unknown, folder: string) {
    const parsed = manifestForm.safeParse(data);
    if (!parsed.success) throw new Error(`The model manifest is malformed: ${z.prettifyError(parsed.error)}`);
    this.models = parsed.data.models;
    this.defaultId = parsed.data.default;
    this.folder = folder;
    if (!this.models.some((one) => one.id === this.defaultId)) {
      throw new Error(`The model manifest's default "${this.defaultId}" is not among its models.`);
    }
  }

  static read(path = join(projectRoot, "models", "manifest.json")): Manifest {
    return new Manifest(JSON.parse(readFileSync(path, "utf8")), join(path, ".."));
  }

  /** @throws ServiceError INVALID_ARGUMENT naming the models there are. */
  get(id: string): ModelSpec {
    const found = this.models.find((one) => one.id === id);
    if (found) return found;
    const known = this.models.map((one) => one.id).join(", ");
    throw invalidArgument(`There is no model "${id.slice(0, 80)}"; there is ${known}.`);
  }
}
