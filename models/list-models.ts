import { stat } from "node:fs/promises";
import type { Capabilities, ManifestModel, ModelFile } from "../services/inference/families/model-spec.js";
import type { Manifest } from "../services/inference/models/manifest.js";
import { resolveModelFile } from "../services/inference/models/model-file.js";
import { partOf } from "../services/inference/pull/part-file.js";

interface ListedFile {
  /** What it is in its family: "encoder", "decoder". */
  part: string;
  /** As in the manifest. */
  source: string;
  bytes: number;
  sha256: string;
  /** A file lies where the source says; `verify` tells whether it is the right one. */
  present: boolean;
  /** How much of it has been fetched, of one that is not there. */
  fetchedBytes?: number;
}

interface ListedModel {
  id: string;
  title: string;
  family: string;
  /** The model that is used when a request names none. */
  default: boolean;
  licence: string;
  licenceUrl?: string;
  needsConsent: boolean;
  provenance: string;
  capabilities: Capabilities;
  files: ListedFile[];
}

/** Every model of the manifest with its files. Reads no file's content. */
export function listModels(manifest: Manifest): Promise<ListedModel[]> {
  return Promise.all(
    manifest.all.map(
      async ({ id, title, family, licence, licenceUrl, needsConsent, provenance, capabilities, files }) => ({
        id,
        title,
        family,
        default: id === manifest.defaultId,
        licence,
        ...(licenceUrl === undefined ? {} : { licenceUrl }),
        needsConsent,
        provenance,
        capabilities,
        files: await listFiles(files, manifest),
      }),
    ),
  );
}

export function listText(models: readonly ListedModel[]): string {
  return models.map(modelText).join("\n\n");
}

function listFiles(files: ManifestModel["files"], manifest: Manifest): Promise<ListedFile[]> {
  return Promise.all(
    Object.entries(files).map(async ([part, file]) => ({
      part,
      source: file.source,
      bytes: file.bytes,
      sha256: file.sha256,
      ...(await stateOf(file, manifest)),
    })),
  );
}

async function stateOf(file: ModelFile, manifest: Manifest): Promise<Pick<ListedFile, "present" | "fetchedBytes">> {
  try {
    const path = resolveModelFile(file, manifest);
    if ((await sizeOf(path)) !== undefined) return { present: true };
    const fetchedBytes = file.pulledAs === undefined ? undefined : await sizeOf(partOf(path));
    return { present: false, ...(fetchedBytes === undefined ? {} : { fetchedBytes }) };
  } catch {
    // The package that carries it is not installed.
    return { present: false };
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

function modelText(model: ListedModel): string {
  const { id, title, family, licence, licenceUrl, needsConsent, provenance, capabilities, files } = model;
  const consent = needsConsent ? `, needs --accept-licence${licenceUrl === undefined ? "" : ` (${licenceUrl})`}` : "";
  const [parts, sources] = [files.map(({ part }) => part), files.map(({ source }) => source)];
  return [
    `${id}${model.default ? "  (default)" : ""}`,
    `  ${title}`,
    `  family      ${family}: ${capabilityText(capabilities)}`,
    `  licence     ${licence}${consent}`,
    `  provenance  ${provenance}`,
    ...files.map((file) =>
      [
        `  ${file.part.padEnd(Math.max(10, longest(parts)))}`,
        file.source.padEnd(longest(sources)),
        `${megabytes(file.bytes)} MB`.padStart(9),
        stateText(file),
      ].join("  "),
    ),
  ].join("\n");
}

function capabilityText({ points, boxes, maskInput, candidates, maxPoints, text, video }: Capabilities): string {
  const can = [
    ...(points === "none" ? [] : [points === "positive" ? "points (none that say what is not meant)" : "points"]),
    ...(boxes ? ["boxes"] : []),
    ...(maskInput ? ["masks to start from"] : []),
    ...(text ? ["words"] : []),
    ...(video ? ["video"] : []),
  ];
  // What gives no masks has no candidates.
  if (points === "none" && !boxes) return can.join(", ");
  const most = maxPoints === undefined ? "" : `; ${maxPoints} points of a prompt at most`;
  return `${can.join(", ")}; ${candidates === 1 ? "one candidate" : `${candidates} candidates`}${most}`;
}

function stateText({ present, fetchedBytes }: ListedFile): string {
  if (present) return "present";
  return fetchedBytes === undefined ? "missing" : `${megabytes(fetchedBytes)} MB fetched`;
}

const longest = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length));
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
