import { Code, ServiceError } from "../../runtime/errors.js";
import type { ModelSpec } from "../families/model-spec.js";

/** For so long a model that cannot be prepared is not tried again: a large file is read whole for that. */
const restMs = 10_000;

/** `unused`: nobody has asked for it. */
type ModelState = "unused" | "preparing" | "ready" | "failed";

interface PreparedModelsOptions<Prepared> {
  /** Its files are verified, rewritten and proven. */
  readonly prepare: (model: ModelSpec) => Promise<Prepared>;
  /** Told once of each, before anybody can ask for it. */
  readonly onReady: (prepared: Prepared) => void;
  /** Told of each try that failed, but for those of the start. */
  readonly onFailed: (model: ModelSpec, error: unknown) => void;
  readonly now?: () => number;
}

/** What a tier's workers can load, each made ready when it is asked for first. */
export class PreparedModels<Prepared> {
  readonly #options: PreparedModelsOptions<Prepared>;
  readonly #ready = new Map<string, Prepared>();
  readonly #preparing = new Map<string, Promise<Prepared>>();
  readonly #failed = new Map<string, { atMs: number; error: unknown }>();

  constructor(options: PreparedModelsOptions<Prepared>) {
    this.#options = options;
  }

  get ready(): Prepared[] {
    return [...this.#ready.values()];
  }

  stateOf({ id }: Pick<ModelSpec, "id">): ModelState {
    if (this.#ready.has(id)) return "ready";
    if (this.#preparing.has(id)) return "preparing";
    return this.#failed.has(id) ? "failed" : "unused";
  }

  /** At the start of a process that is to serve it from then on. @throws whatever preparing it throws. */
  begin(model: ModelSpec): Promise<Prepared> {
    return this.#prepare(model);
  }

  /** @throws ServiceError FAILED_PRECONDITION when it cannot be served here now. */
  async get(model: ModelSpec): Promise<Prepared> {
    const ready = this.#ready.get(model.id);
    if (ready) return ready;
    const { now = Date.now, onFailed } = this.#options;
    const failed = this.#failed.get(model.id);
    if (failed && now() - failed.atMs < restMs) throw unavailable(model, failed.error);
    try {
      return await this.#prepare(model);
    } catch (error) {
      if (this.#failed.get(model.id)?.error !== error) {
        this.#failed.set(model.id, { atMs: now(), error });
        onFailed(model, error);
      }
      throw unavailable(model, error);
    }
  }

  #prepare(model: ModelSpec): Promise<Prepared> {
    const underWay = this.#preparing.get(model.id);
    if (underWay) return underWay;
    const { prepare, onReady } = this.#options;
    const preparing = prepare(model)
      .then((prepared) => {
        this.#failed.delete(model.id);
        this.#ready.set(model.id, prepared);
        onReady(prepared);
        return prepared;
      })
      .finally(() => this.#preparing.delete(model.id));
    this.#preparing.set(model.id, preparing);
    return preparing;
  }
}

/** Where its files lie is the operator's to know. */
function unavailable({ id }: ModelSpec, cause: unknown): ServiceError {
  const message = `The model "${id}" cannot be used here now: its files are not here, or not the right ones.`;
  return new ServiceError({ code: Code.FAILED_PRECONDITION, message, cause });
}
