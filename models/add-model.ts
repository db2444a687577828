import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { detectorFamilies } from "../services/inference/families/index.js";
import type { ModelFile } from "../services/inference/families/model-spec.js";
import { type Manifest, ManifestError } from "../services/inference/models/manifest.js";
import type { DetectorEntry, ManifestEntry } from "../services/inference/models/manifest-form.js";
import { resolveModelFile } from "../services/inference/models/model-file.js";
import { proxiedDispatcher } from "../services/inference/pull/open-source.js";
import { publishedFile } from "../services/inference/pull/published-file.js";

interface NewModel {
  id: string;
  licence: string;
  title?: string | undefined;
  /** The model whose tensors and preprocessing it has; or its family, whose own it has. A detector is a model too. */
  like?: string | undefined;
  family?: string | undefined;
  /** "ROLE=SOURCE" */
  files: readonly string[];
}

/**
 * Writes an entry into a file of somebody's own models, with the digests that its files have or that their host publishes.
 * @param path of a file that need not be there yet. @returns the entry.
 * @throws ManifestError, PullError, ModelFileError in a sentence; the file is as it was then.
 */
export async function addModel(
  shipped: Manifest,
  path: string,
  { id, licence, title, like, family, files }: NewModel,
): Promise<ManifestEntry | DetectorEntry> {
  const own = await readOwn(path);
  const known = own.models.length + own.detectors.length === 0 ? shipped : shipped.withOwn(path);
  if ((like === undefined) === (family === undefined))
    throw new ManifestError("Say either which model it is like or which family it is of.");
  const pattern =
    family === undefined ? [...known.entries, ...known.detectorEntries].find((one) => one.id === like) : { family };
  if (!pattern) throw new ManifestError(`There is no model "${like}" that it could be like.`);
  const described: Record<string, ModelFile> = {};
  for (const one of files) {
    const [, role, source] = /^(\w+)=(.+)$/.exec(one) ?? [];
    if (!role || !source)
      throw new ManifestError(`"${one}" does not say what it is: expected ROLE=SOURCE, as in encoder=https://...`);
    described[role] = await describe(source, dirname(path));
  }
  const said = pattern as Partial<Record<"tensors" | "preprocess" | "capabilities", object>> & { family: string };
  const entry = {
    id,
    title: title ?? id,
    family: said.family,
    provenance: `Added by models add, ${like === undefined ? `of the family ${family}` : `like ${like}`}.`,
    licence,
    files: described,
    ...(said.tensors ? { tensors: said.tensors } : {}),
    ...(said.preprocess ? { preprocess: said.preprocess } : {}),
    ...(said.capabilities ? { capabilities: said.capabilities } : {}),
  } as ManifestEntry | DetectorEntry;
  const kind = detectorFamilies.includes(entry.family) ? "detectors" : "models";
  const next = `${path}.new`;
  try {
    await writeFile(next, `${JSON.stringify(withEntry(own, kind, entry), null, 2)}\n`);
    shipped.withOwn(next);
    await rename(next, path);
  } finally {
    await rm(next, { force: true });
  }
  return entry;
}

interface OwnFile {
  models: ManifestEntry[];
  detectors: DetectorEntry[];
}

/** A list that has nothing in it is not written. */
function withEntry(own: OwnFile, kind: keyof OwnFile, entry: object): object {
  const { models, detectors, ...rest } = own;
  const lists = { models, detectors, [kind]: [...own[kind], entry] };
  return { ...rest, ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) };
}

async function readOwn(path: string): Promise<OwnFile> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new ManifestError(`The file of models ${path} cannot be read: ${error.message}`, { cause: error });
  });
  const empty = { models: [], detectors: [] };
  if (text === undefined) return empty;
  try {
    return { ...empty, ...JSON.parse(text) };
  } catch (cause) {
    throw new ManifestError(`The file of models ${path} cannot be read as JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function describe(source: string, folder: string): Promise<ModelFile> {
  if (source.startsWith("https:")) {
    const dispatcher = proxiedDispatcher();
    try {
      return await publishedFile(source, dispatcher);
    } finally {
      await dispatcher.destroy();
    }
  }
  const path = resolveModelFile({ source, sha256: "", bytes: 0 }, { folder, pulledDir: folder });
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new ManifestError(`${source} is not here (looked at ${path}).`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { source, sha256: hash.digest("hex"), bytes: found.size };
}
