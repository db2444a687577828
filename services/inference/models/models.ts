import { invalidArgument } from "../../runtime/errors.js";
import { type GraphRole, graphFiles, type MemoryRole } from "../families/weights-of.js";
import { type FileState, FileStates } from "./file-states.js";
import { inFrame } from "./in-frame.js";
import type { DetectorSpec, EncoderFrame, Manifest, ModelFile, ModelSpec } from "./manifest.js";
import { verifyModelFile } from "./model-file.js";

/** What the settings say of models. */
interface Choice {
  /** The one for requests that name none; undefined for the first that is served, or the manifest's own. */
  readonly chosen?: string | undefined;
  /** Those that are served; undefined for the chosen one alone. */
  readonly served?: readonly { readonly id: string; readonly isLazy: boolean }[] | undefined;
  /** What encoders encode, where they can. */
  readonly frame?: EncoderFrame;
}

/** The models that this process serves, of those of the manifest. */
export class Models {
  readonly served: readonly ModelSpec[];
  /** For requests that name none; undefined where other processes have it. */
  readonly standard: ModelSpec | undefined;
  /** What may find the things that words name, where its files are here. */
  readonly detectors: readonly DetectorSpec[];
  readonly #lazy: ReadonlySet<string>;
  readonly #manifest: Manifest;
  readonly #files: FileStates;

  /** @throws ServiceError INVALID_ARGUMENT naming the models there are, when there is none of an id that is chosen. */
  constructor(manifest: Manifest, { chosen, served, frame = "full" }: Choice = {}) {
    const standard = chosen ?? served?.[0]?.id ?? manifest.defaultId;
    const all = served ?? [{ id: standard, isLazy: false }];
    this.served = all.map(({ id }) => inFrame(manifest.get(id), frame));
    this.standard = this.served.find(({ id }) => id === manifest.get(standard).id);
    this.#lazy = new Set(all.filter(({ isLazy }) => isLazy).map(({ id }) => id));
    this.detectors = manifest.detectors;
    this.#manifest = manifest;
    this.#files = new FileStates(manifest);
  }

  /** Whether it is loaded when it is asked for first, and not at the start. */
  isLazy({ id }: Pick<ModelSpec, "id">): boolean {
    return this.#lazy.has(id);
  }

  /** The model that a request names; an empty name means the standard one. @throws ServiceError INVALID_ARGUMENT when it is not served. */
  serving(id: string): ModelSpec {
    const found = id === "" ? this.standard : this.served.find((one) => one.id === id);
    if (found) return found;
    const names = this.served.map((one) => one.id);
    const served = names.length === 1 ? `${names[0]} is` : `${names.join(", ")} are`;
    if (id === "") throw invalidArgument(`Name a model: none is the usual one here; ${served} served.`);
    throw invalidArgument(`The model "${id.slice(0, 80)}" is not served here; ${served}.`);
  }

  /** Whether a file of theirs is here, and the manifest's; a pull may bring it at any time. */
  stateOf(file: ModelFile): Promise<FileState> {
    return this.#files.of(file);
  }

  /**
   * Where a graph of one of them lies, with the weights beside it where it has them there.
   * @throws ModelFileError when a file is missing, or not the one that the manifest names.
   */
  async verifiedGraph(model: ModelSpec, role: GraphRole | MemoryRole): Promise<string> {
    const [graph] = await Promise.all(graphFiles(model, role).map((file) => verifyModelFile(file, this.#manifest)));
    return graph as string;
  }
}
