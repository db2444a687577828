import { invalidArgument } from "../../runtime/errors.js";
import { inFrame } from "./in-frame.js";
import type { EncoderFrame, Manifest, ModelFile, ModelSpec } from "./manifest.js";
import { verifyModelFile } from "./model-file.js";

/** The models that this process serves: of those of the manifest the one that the settings name, or its default. */
export class Models {
  readonly served: readonly [ModelSpec, ...ModelSpec[]];
  readonly #manifest: Manifest;

  /**
   * @param frame that encoders encode, where they can.
   * @throws ServiceError INVALID_ARGUMENT naming the models there are, when there is none of the chosen id.
   */
  constructor(manifest: Manifest, chosen: string | undefined, frame: EncoderFrame = "full") {
    this.served = [inFrame(manifest.get(chosen ?? manifest.defaultId), frame)];
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

  /** Where a file of theirs lies. @throws ModelFileError when it is missing, or not the one that the manifest names. */
  verified(file: ModelFile): Promise<string> {
    return verifyModelFile(file, this.#manifest);
  }
}
