import { access } from "node:fs/promises";
import type { Manifest } from "../services/inference/models/manifest.js";
import { resolveModelFile, verifyModelFile } from "../services/inference/models/model-file.js";

interface VerifiedFile {
  model: string;
  part: string;
  source: string;
  sha256: string;
  ok: boolean;
  /** What is wrong, when something is. */
  problem?: string;
}

interface Verification {
  ok: boolean;
  files: VerifiedFile[];
}

/**
 * Size and SHA-256 of every file that is here against the manifest.
 * @param id one model only, and all of its files; all models when left out. @throws ServiceError naming the models there are when there is none of that id.
 */
export async function verifyModels(manifest: Manifest, id?: string): Promise<Verification> {
  const files: VerifiedFile[] = [];
  for (const model of id === undefined ? manifest.all : [manifest.getAny(id)]) {
    for (const [part, file] of Object.entries(model.files)) {
      const { source, sha256, pulledAs } = file;
      // What nobody has fetched is not asked about, unless by its name.
      if (id === undefined && pulledAs !== undefined && !(await isThere(resolveModelFile(file, manifest)))) continue;
      const problem = await verifyModelFile(file, manifest).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      files.push({ model: model.id, part, source, sha256, ok: !problem, ...(problem ? { problem } : {}) });
    }
  }
  return { ok: files.every(({ ok }) => ok), files };
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

export function verificationText({ files }: Verification): string {
  return files
    .map(({ model, part, source, sha256, ok, problem }) =>
      ok ? `ok      ${model} ${part}  ${source}  sha256 ${sha256}` : `failed  ${model} ${part}  ${problem}`,
    )
    .join("\n");
}
