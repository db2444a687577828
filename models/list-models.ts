import { stat } from "node:fs/promises";
import type { Manifest, ModelFile } from "../services/inference/models/manifest.js";
import { resolveModelFile } from "../services/inference/models/model-file.js";

interface ListedFile {
  /** What it is in its family: "encoder", "decoder". */
  part: string;
  /** As in the manifest. */
  source: string;
  bytes: number;
  sha256: string;
  /** A file lies where the source says; `verify` tells whether it is the right one. */
  present: boolean;
}

interface ListedModel {
  id: string;
  title: string;
  /** The model that is used when a request names none. */
  default: boolean;
  licence: string;
  provenance: string;
  files: ListedFile[];
}

/** Every model of the manifest with its files. Reads no file's content. */
export function listModels(manifest: Manifest): Promise<ListedModel[]> {
  return Promise.all(
    manifest.models.map(async (model) => ({
      id: model.id,
      title: model.title,
      default: model.id === manifest.defaultId,
      licence: model.licence,
      provenance: model.provenance,
      files: await Promise.all(Object.entries(model.files).map(([part, file]) => listFile(part, file, manifest))),
    })),
  );
}

export function listText(models: readonly ListedModel[]): string {
  return models.map(modelText).join("\n\n");
}

async function listFile(part: string, file: ModelFile, manifest: Manifest): Promise<ListedFile> {
  const { source, bytes, sha256 } = file;
  return { part, source, bytes, sha256, present: await isPresent(file, manifest) };
}

async function isPresent(file: ModelFile, manifest: Manifest): Promise<boolean> {
  try {
    return (await stat(resolveModelFile(file, manifest))).isFile();
  } catch {
    // Not there, or the package that carries it is not installed.
    return false;
  }
}

function modelText({ id, title, default: isDefault, licence, provenance, files }: ListedModel): string {
  const width = Math.max(...files.map(({ source }) => source.length));
  return [
    `${id}${isDefault ? "  (default)" : ""}`,
    `  ${title}`,
    `  licence     ${licence}`,
    `  provenance  ${provenance}`,
    ...files.map(({ part, source, bytes, present }) =>
      [
        `  ${part}   `,
        source.padEnd(width),
        `${(bytes / 1e6).toFixed(1)} MB`.padStart(9),
        present ? "present" : "missing",
      ].join("  "),
    ),
  ].join("\n");
}
