import { stat } from "node:fs/promises";
import type { Manifest, ModelFile } from "./manifest.js";
import { ModelFileError, resolveModelFile, verifyModelFile } from "./model-file.js";

/** What is known of a model's file on this machine. */
export type FileState =
  | { readonly kind: "right"; readonly path: string }
  | { readonly kind: "absent" }
  /** It is another than the manifest's, or cannot be read. */
  | { readonly kind: "wrong"; readonly reason: string };

/** Whether files are those of the manifest: each is read whole once for every time that it has changed. */
export class FileStates {
  readonly #manifest: Manifest;
  readonly #known = new Map<string, { version: string; state: Promise<FileState> }>();

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  /** Never throws. */
  async of(file: ModelFile): Promise<FileState> {
    const path = this.#placeOf(file);
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (path === undefined || !found) return { kind: "absent" };
    const name = `${file.sha256} ${path}`;
    const version = [found.ino, found.size, found.mtimeMs].join();
    const known = this.#known.get(name);
    if (known?.version === version) return known.state;
    const state = verifyModelFile(file, this.#manifest).then(
      (): FileState => ({ kind: "right", path }),
      (error: Error): FileState => {
        // What could not be read now may be next time.
        if (!(error instanceof ModelFileError)) this.#known.delete(name);
        return { kind: "wrong", reason: error.message };
      },
    );
    this.#known.set(name, { version, state });
    return state;
  }

  /** undefined where the package that carries it is not installed. */
  #placeOf(file: ModelFile): string | undefined {
    try {
      return resolveModelFile(file, this.#manifest);
    } catch {
      return undefined;
    }
  }
}
