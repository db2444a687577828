import type { Manifest } from "../services/inference/models/manifest.js";
import { verifyModelFile } from "../services/inference/models/model-file.js";

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
 * Size and SHA-256 of every file against the manifest.
 * @param id one model only; all when left out. @throws ServiceError naming the models there are when there is none of that id.
 */
export async function verifyModels(manifest: Manifest, id?: string): Promise<Verification> {
  const files: VerifiedFile[] = [];
  for (const model of id === undefined ? manifest.models : [manifest.get(id)]) {
    for (const [part, file] of Object.entries(model.files)) {
      const { source, sha256 } = file;
      const problem = await verifyModelFile(file, manifest).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      files.push({ model: model.id, part, source, sha256, ok: !problem, ...(problem ? { problem } : {}) });
    }
  }
  return { ok: files.every(({ ok }) => ok), files };
}

export function verificationText({ files }: Verification): string {
  return files
    .map(({ model, part, source, sha256, ok, problem }) =>
      ok ? `ok      ${model} ${part}  ${source}  sha256 ${sha256}` : `failed  ${model} ${part}  ${problem}`,
    )
    .join("\n");
}
