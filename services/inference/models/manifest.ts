import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { invalidArgument } from "../../runtime/errors.js";
import { OperationalError } from "../../runtime/operational-error.js";
import { projectRoot } from "../../runtime/project-root.js";

const file = z.object({
  /** "package:NAME/PATH" (an installed npm package) or "file:PATH" (absolute, or relative to the manifest's folder). */
  source: z.string().regex(/^(package|file):.+/, 'starts with "package:" or "file:"'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "64 hex digits"),
  bytes: z.number().int().positive(),
});

/** One of an encoder's results, float32; together they are the embedding. */
const embeddingTensor = z.object({
  name: z.string(),
  /** What it is to the decoder. image: the picture's features, cell by cell. */
  role: z.enum(["image"]),
  dims: z.array(z.number().int().positive()),
});

const isImage = ({ role, dims: [batch, _channels, height, width, ...more] }: z.infer<typeof embeddingTensor>) =>
  role === "image" && batch === 1 && height !== undefined && height === width && more.length === 0;

const triple = z.tuple([z.number(), z.number(), z.number()]);

const model = z.object({
  id: z.string().regex(/^[\w.-]+$/, "letters, digits, . - and _"),
  title: z.string(),
  family: z.enum(["sam1"]),
  provenance: z.string(),
  licence: z.string(),
  encoder: file.extend({
    input: z.string(),
    outputs: z
      .array(embeddingTensor)
      .refine((all) => all.filter(isImage).length === 1, 'one output of the role "image", [1, channels, side, side]'),
  }),
  decoder: file.extend({
    /** What the export calls its inputs, all float32. */
    inputs: z.object({
      /** The output of the encoder that has this role. */
      image: z.string(),
      /** [1, points, 2], in pixels of the model's frame. */
      points: z.string(),
      /** [1, points] */
      labels: z.string(),
      /** [1, 1, maskGrid, maskGrid] */
      mask: z.string(),
      /** [1], 0 or 1 */
      hasMask: z.string(),
      /** [2], height and width of the picture. */
      size: z.string(),
    }),
    /** What it calls its results: logits [1, masks, maskGrid, maskGrid] and scores [1, masks]. */
    outputs: z.object({ logits: z.string(), scores: z.string() }),
    /** Side of the square grid of mask logits, which covers the model's whole frame. */
    maskGrid: z.number().int().min(2),
  }),
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

const models = z.array(model).min(1);
const manifestForm = z.object({ default: z.string(), models });
/** A file of somebody's own: its models beside those that are shipped. */
const ownForm = z.object({ default: z.string().optional(), models });

export type ModelFile = z.infer<typeof file>;
export type ModelSpec = z.infer<typeof model>;
export type Preprocess = ModelSpec["preprocess"];

/** A list of models that cannot be used; the message says which file and what is wrong in it. */
export class ManifestError extends OperationalError {
  override readonly name = "ManifestError";
}

/** The models that can be served. */
export class Manifest {
  readonly models: ModelSpec[];
  readonly defaultId: string;
  /** Folder that relative `file:` sources start from. */
  readonly folder: string;

  constructor(data: unknown, folder: string) {
    const parsed = manifestForm.safeParse(data);
    if (!parsed.success) throw new ManifestError(`The model manifest is malformed: ${z.prettifyError(parsed.error)}`);
    this.models = parsed.data.models;
    this.defaultId = parsed.data.default;
    this.folder = folder;
    const ids = this.models.map((one) => one.id);
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice !== undefined) throw new ManifestError(`The model manifest has two models "${twice}".`);
    if (!ids.includes(this.defaultId)) {
      throw new ManifestError(`The model manifest's default "${this.defaultId}" is not among its models.`);
    }
  }

  static read(path = join(projectRoot, "models", "manifest.json")): Manifest {
    return new Manifest(JSON.parse(readFileSync(path, "utf8")), dirname(path));
  }

  /**
   * These models and those of a file of somebody's own, whose default counts where it names one.
   * @throws ManifestError that names the file, when it cannot be read, is malformed or has a model that is here already.
   */
  withOwn(path: string): Manifest {
    const own = readOwn(path);
    const folder = dirname(resolve(path));
    const here = <F extends ModelFile>(file: F): F =>
      file.source.startsWith("file:")
        ? { ...file, source: `file:${resolve(folder, file.source.slice("file:".length))}` }
        : file;
    const added = own.models.map((one) => ({
      ...one,
      encoder: here(one.encoder),
      decoder: here(one.decoder),
    }));
    try {
      const data = { default: own.default ?? this.defaultId, models: [...this.models, ...added] };
      return new Manifest(data, this.folder);
    } catch (cause) {
      throw new ManifestError(`${path}: ${(cause as Error).message}`, { cause });
    }
  }

  /** @throws ServiceError INVALID_ARGUMENT naming the models there are. */
  get(id: string): ModelSpec {
    const found = this.models.find((one) => one.id === id);
    if (found) return found;
    const known = this.models.map((one) => one.id).join(", ");
    throw invalidArgument(`There is no model "${id.slice(0, 80)}"; there is ${known}.`);
  }
}

function readOwn(path: string): z.infer<typeof ownForm> {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new ManifestError(`The file of models ${path} cannot be read as JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  const parsed = ownForm.safeParse(data);
  if (!parsed.success)
    throw new ManifestError(`The file of models ${path} is malformed: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
