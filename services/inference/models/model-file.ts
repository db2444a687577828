import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { OperationalError } from "../../runtime/operational-error.js";
import type { Manifest, ModelFile } from "./manifest.js";

/** A model file that is missing or is not the one that the manifest names: the service must not start with it. */
export class ModelFileError extends OperationalError {
  override readonly name = "ModelFileError";
}

/** Where a manifest's file lies on this machine; says nothing of whether it is there or right. */
export function resolveModelFile(
  { source, pulledAs }: ModelFile,
  manifest: Pick<Manifest, "folder" | "pulledDir">,
): string {
  if (pulledAs !== undefined) return resolve(manifest.pulledDir, pulledAs);
  if (source.startsWith("file:")) return resolve(manifest.folder, source.slice("file:".length));
  const [, name, path] = /^package:((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(source) ?? [];
  if (!name || !path) throw new ModelFileError(`"${source}" does not name a package and a file in it.`);
  return join(packageFolder(name), path);
}

/** Whether a file of its size lies where it should. */
export async function isModelFilePresent(file: ModelFile, manifest: Manifest): Promise<boolean> {
  try {
    return (await stat(resolveModelFile(file, manifest))).size === file.bytes;
  } catch {
    // Not there, or the package that carries it is not installed.
    return false;
  }
}

/**
 * The path of a model's file once its size and SHA-256 are those of the manifest.
 * @throws ModelFileError saying which file, what is wrong and what to do.
 */
export async function verifyModelFile(file: ModelFile, manifest: Manifest): Promise<string> {
  const path = resolveModelFile(file, manifest);
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new ModelFileError(`${file.source} is missing (looked at ${path}). ${remedy(file)}`);
  if (found.size !== file.bytes) {
    throw new ModelFileError(`${path} has ${found.size} bytes; the manifest says ${file.bytes}. Refusing to use it.`);
  }
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  const digest = hash.digest("hex");
  if (digest !== file.sha256) {
    throw new ModelFileError(`${path} has SHA-256 ${digest}; the manifest says ${file.sha256}. Refusing to use it.`);
  }
  return path;
}

const remedy = ({ pulledAs }: ModelFile) =>
  pulledAs === undefined ? "Run npm ci." : "Run npm run models -- pull with the model's name.";

/** A package's folder, also when its `exports` hide package.json. */
function packageFolder(name: string): string {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return dirname(require.resolve(join(folder, name, "package.json")));
    } catch {}
  }
  throw new ModelFileError(`The npm package ${name} is not installed. Run npm ci.`);
}
