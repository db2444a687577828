import { invalidArgument } from "../../runtime/errors.js";
import { inFrame } from "./in-frame.js";
import type { DetectorSpec, EncoderFrame, Manifest, ModelFile, ModelSpec } from "./manifest.js";
import { isModelFilePresent, verifyModelFile } from "./model-file.js";

/** The models that this process serves: of those of the manifest the one that the settings name, or its default. */
export class Models {
  readonly served: readonly [ModelSpec, ...ModelSpec[]];
  /** What may find the things that words name, where its files are here. */
  readonly detectors: readonly DetectorSpec[];
  readonly #manifest: Manifest;

  /**
   * @param frame that encoders encode, where they can.
   * @throws ServiceError INVALID_ARGUMENT naming the models there are, when there is none of the chosen id.
   */
  constructor(manifest: Manifest, chosen: string | undefined, frame: EncoderFrame = "full") {
    this.served = [inFrame(manifest.get(chosen ?? manifest.defaultId), frame)];
    this.detectors = manifest.detectors;
    this.#manifest = manifest;
  }

  /** The model that a request names; an empty name means the first. @throws ServiceError INVALID_ARGUMENT when it is not served. */
  serving(id: string): ModelSpec {
    const found = id === "" ? this.served[0] : this.served.find((one) => one.id === id);
    if (found) return found;
    const names = this.served.map((one) => one.id);
    const served = names.length === 1 ? `${names[0]} is` : `${names.join(", ")} are`;
    throw invalidArgument(`The model "${id.slice(0, 80)}" is not served here; ${served}.`);
  }

  /** Whether files of their sizes lie where they should; a pull may bring them at any time. */
  async arePresent(files: readonly ModelFile[]): Promise<boolean> {
    const found = await Promise.all(files.map((file) => isModelFilePresent(file, this.#manifest)));
    return found.every(Boolean);
  }

  /** Where a file of theirs lies. @throws ModelFileError when it is missing, or not the one that the manifest names. */
  verified(file: ModelFile): Promise<string> {
    return verifyModelFile(file, this.#manifest);
  }
}
