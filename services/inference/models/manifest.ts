import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { invalidArgument } from "../../runtime/errors.js";
import { OperationalError } from "../../runtime/operational-error.js";
import { projectRoot } from "../../runtime/project-root.js";
import type { ModelSpec } from "../families/model-spec.js";
import { type ManifestEntry, manifestForm, ownForm } from "./manifest-form.js";

export type { EncoderFrame, ModelFile, ModelSpec, Preprocess } from "../families/model-spec.js";

/** A list of models that cannot be used; the message says which file and what is wrong in it. */
export class ManifestError extends OperationalError {
  override readonly name = "ManifestError";
}

/** The models that can be served. */
export class Manifest {
  /** As they were written. */
  readonly entries: readonly ManifestEntry[];
  /** Each entry, and each of its variants. */
  readonly models: readonly ModelSpec[];
  readonly defaultId: string;
  /** Folder that relative `file:` sources start from. */
  readonly folder: string;
  /** Folder that files are fetched into. */
  readonly pulledDir: string;

  constructor(data: unknown, folder: string, pulledDir = join(folder, "pulled")) {
    const parsed = manifestForm.safeParse(data);
    if (!parsed.success) throw new ManifestError(`The model manifest is malformed: ${z.prettifyError(parsed.error)}`);
    this.entries = (data as z.input<typeof manifestForm>).models;
    this.models = parsed.data.models.flat();
    this.defaultId = parsed.data.default;
    this.folder = folder;
    this.pulledDir = pulledDir;
    const ids = this.models.map((one) => one.id);
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
    const added = own.models.map((entry) => inFolder(entry, dirname(resolve(path))));
    try {
      const data = { default: own.default ?? this.defaultId, models: [...this.entries, ...added] };
      return new Manifest(data, this.folder, this.pulledDir);
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
  const here = <Files extends Sources>(files: Files): Files =>
    Object.fromEntries(
      Object.entries(files).map(([role, file]) =>
        file?.source.startsWith("file:")
          ? [role, { ...file, source: `file:${resolve(folder, file.source.slice("file:".length))}` }]
          : [role, file],
      ),
    ) as Files;
  const variants = Object.entries(entry.variants ?? {}).map(([name, own]) => [
    name,
    { ...own, files: here(own.files) },
  ]);
  return {
    ...entry,
    files: here(entry.files),
    ...(entry.variants ? { variants: Object.fromEntries(variants) } : {}),
  };
}
