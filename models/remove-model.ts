import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ManifestModel } from "../services/inference/families/model-spec.js";
import type { Manifest } from "../services/inference/models/manifest.js";
import { verifyModelFile } from "../services/inference/models/model-file.js";
import { removeFile } from "../services/inference/pull/pull-model.js";

interface Removal {
  model: string;
  removed: { source: string; bytes: number }[];
  /** Fetched files that stay, and for which model. */
  kept: { source: string; for: string }[];
}

/**
 * Takes away what was fetched for a model, and the graphs that were made of it.
 * @throws ServiceError naming the models there are when there is none of that id.
 */
export async function removeModel(manifest: Manifest, id: string, cacheDir: string): Promise<Removal> {
  const model = manifest.getAny(id);
  const removal: Removal = { model: id, removed: [], kept: [] };
  for (const { source, pulledAs } of Object.values(model.files)) {
    if (pulledAs === undefined) continue;
    const user = await userOf(pulledAs, manifest, model);
    if (user) removal.kept.push({ source, for: user });
    else removal.removed.push({ source, bytes: await removeFile(join(manifest.pulledDir, pulledAs)) });
  }
  for (const name of await readdir(cacheDir).catch(() => [])) {
    if (isGraphsOf(id, name)) await rm(join(cacheDir, name), { recursive: true, force: true });
  }
  return removal;
}

/** Another model that is whole here and of which a file is part. */
async function userOf(pulledAs: string, manifest: Manifest, model: ManifestModel): Promise<string | undefined> {
  for (const other of manifest.all) {
    const files = Object.values(other.files);
    if (other.id === model.id || !files.some((file) => file.pulledAs === pulledAs)) continue;
    const checks = await Promise.allSettled(files.map((file) => verifyModelFile(file, manifest)));
    if (checks.every(({ status }) => status === "fulfilled")) return other.id;
  }
  return undefined;
}

/** By the names of the folders that the tiers keep rewritten graphs in: TIER-MODEL-DIGEST. */
const isGraphsOf = (id: string, name: string): boolean => {
  const [, model] = /^(?:encoder|decoder)-(.+)-[0-9a-f]{32}$/.exec(name) ?? [];
  return model === id;
};

export function removalText({ model, removed, kept }: Removal): string {
  if (removed.length === 0 && kept.length === 0) return `${model}: nothing of it was fetched`;
  return [
    `${model}: ${removed.length === 0 ? "nothing to remove" : "removed"}`,
    ...removed.map(({ source, bytes }) => `  ${source}  ${(bytes / 1e6).toFixed(1)} MB`),
    ...kept.map(({ source, for: user }) => `  ${source}  stays: ${user} uses it`),
  ].join("\n");
}
