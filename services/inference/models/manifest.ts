import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { invalidArgument } from "../../runtime/errors.js";
import { OperationalError } from "../../runtime/operational-error.js";
import { projectRoot } from "../../runtime/project-root.js";
import type { DetectorSpec, ModelSpec } from "../families/model-spec.js";
import { type DetectorEntry, type ManifestEntry, manifestForm, ownForm } from "./manifest-form.js";

export type { DetectorSpec, EncoderFrame, ModelFile, ModelSpec, Preprocess } from "../families/model-spec.js";

/** A list of models that cannot be used; the message says which file and what is wrong in it. */
export class ManifestError extends OperationalError {
  override readonly name = "ManifestError";
}

/** The models that can be served. */
export class Manifest {
  /** As they were written. */
  readonly entries: readonly ManifestEntry[];
  readonly detectorEntries: readonly DetectorEntry[];
  /** Each entry, and each of its variants. */
  readonly models: readonly ModelSpec[];
  /** What finds the things that words name. */
  readonly detectors: readonly DetectorSpec[];
  readonly defaultId: string;
  /** Folder that relative `file:` sources start from. */
  readonly folder: string;
  /** Folder that files are fetched into. */
  readonly pulledDir: string;

  constructor(data: unknown, folder: string, pulledDir = join(folder, "pulled")) {
    const parsed = manifestForm.safeParse(data);
    if (!parsed.success) throw new ManifestError(`The model manifest is malformed: ${z.prettifyError(parsed.error)}`);
    const { models, detectors = [] } = data as z.input<typeof manifestForm>;
    this.entries = models;
    this.detectorEntries = detectors;
    this.models = parsed.data.models.flat();
    this.detectors = parsed.data.detectors?.flat() ?? [];
    this.defaultId = parsed.data.default;
    this.folder = folder;
    this.pulledDir = pulledDir;
    const ids = this.all.map((one) => one.id);
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice !== undefined) throw new ManifestError(`The model manifest has two models "${twice}".`);
    const standard = this.models.find(({ id }) => id === this.defaultId);
    if (!standard) {
      throw new ManifestError(`The model manifest's default "${this.defaultId}" is not among its models.`);
    }
    if (standard.needsConsent) {
      throw new ManifestError(
        `The model manifest's default "${this.defaultId}" is under a licence that somebody has to accept (${standard.licence}); ` +
          "choose it by MASKWIRE_MODEL instead.",
      );
    }
  }

  /** All of them, whatever they are for. */
  get all(): readonly (ModelSpec | DetectorSpec)[] {
    return [...this.models, ...this.detectors];
  }

  /** The models that are shipped. */
  static read(pulledDir?: string): Manifest {
    const path = join(projectRoot, "models", "manifest.json");
    return new Manifest(JSON.parse(readFileSync(path, "utf8")), dirname(path), pulledDir);
  }

  /** The models that the settings name. @throws ManifestError as `withOwn`. */
  static configured({ file, pulledDir }: { file: string | undefined; pulledDir: string }): Manifest {
    const shipped = Manifest.read(pulledDir);
    return file === undefined ? shipped : shipped.withOwn(file);
  }

  /**
   * These models and those of a file of somebody's own, whose default counts where it names one.
   * @throws ManifestError that names the file, when it cannot be read, is malformed or has a model that is here already.
   */
  withOwn(path: string): Manifest {
    const own = readOwn(path);
    const folder = dirname(resolve(path));
    const models = [...this.entries, ...(own.models ?? []).map((entry) => inFolder(entry, folder))];
    const added = (own.detectors ?? []).map((entry) => ({ ...entry, files: filesIn(entry.files, folder) }));
    const all = [...this.detectorEntries, ...added];
    try {
      const data = { default: own.default ?? this.defaultId, models, ...(all.length > 0 ? { detectors: all } : {}) };
      return new Manifest(data, this.folder, this.pulledDir);
    } catch (cause) {
      throw new ManifestError(`${path}: ${(cause as Error).message}`, { cause });
    }
  }

  /** A model that finds masks. @throws ServiceError INVALID_ARGUMENT naming the models there are. */
  get(id: string): ModelSpec {
    return named(this.models, id);
  }

  /** One of all. @throws ServiceError INVALID_ARGUMENT naming the models there are. */
  getAny(id: string): ModelSpec | DetectorSpec {
    return named(this.all, id);
  }
}

function named<Model extends { id: string }>(models: readonly Model[], id: string): Model {
  const found = models.find((one) => one.id === id);
  if (found) return found;
  const known = models.map((one) => one.id).join(", ");
  throw invalidArgument(`There is no model "${id.slice(0, 80)}"; there is ${known}.`);
}

function readOwn(path: string): z.input<typeof ownForm> {
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
  return data as z.input<typeof ownForm>;
}

type Sources = Record<string, { source: string } | undefined>;

/** An entry whose `file:` sources are absolute. */
function inFolder(entry: ManifestEntry, folder: string): ManifestEntry {
  const variants = Object.entries(entry.variants ?? {}).map(([name, own]) => [
    name,
    { ...own, files: filesIn(own.files, folder) },
  ]);
  return {
    ...entry,
    files: filesIn(entry.files, folder),
    ...(entry.variants ? { variants: Object.fromEntries(variants) } : {}),
  };
}

function filesIn<Files extends Sources>(files: Files, folder: string): Files {
  return Object.fromEntries(
    Object.entries(files).map(([role, file]) =>
      file?.source.startsWith("file:")
        ? [role, { ...file, source: `file:${resolve(folder, file.source.slice("file:".length))}` }]
        : [role, file],
    ),
  ) as Files;
}
