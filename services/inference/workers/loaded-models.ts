/** A model that a worker can load. */
export interface LoadableModel {
  readonly model: { readonly id: string };
  /** Of its graphs' files, as often as they are loaded. */
  readonly bytes: number;
}

/** A model that is loaded and has run once. */
export interface LoadedModel<Detail> {
  /** What a worker says of it. */
  readonly detail: Detail;
  release(): Promise<void>;
}

interface LoadedModelsOptions<Loadable, Loaded, Detail> {
  /** Of all that are loaded together; one is loaded whatever it takes. */
  readonly maxBytes: number;
  readonly load: (loadable: Loadable) => Promise<Loaded>;
  /** Hears what is loaded now, and whether one more is being loaded. */
  readonly onChange: (loaded: Record<string, Detail>, isLoading: boolean) => void;
}

/** The models of one worker: each is loaded when it is asked for first, and the least used one goes where there is no room. */
export class LoadedModels<Loadable extends LoadableModel, Detail, Loaded extends LoadedModel<Detail>> {
  readonly #options: LoadedModelsOptions<Loadable, Loaded, Detail>;
  readonly #known = new Map<string, Loadable>();
  /** The least used first. */
  readonly #loaded = new Map<string, { loaded: Loaded; bytes: number }>();

  constructor(options: LoadedModelsOptions<Loadable, Loaded, Detail>) {
    this.#options = options;
  }

  /** From now on it can be asked for. */
  know(loadable: Loadable): void {
    this.#known.set(loadable.model.id, loadable);
  }

  get details(): Record<string, Detail> {
    return Object.fromEntries([...this.#loaded].map(([id, { loaded }]) => [id, loaded.detail]));
  }

  /** For one task at a time: what another one uses may be unloaded. @throws whatever loading it throws. */
  async get(id: string): Promise<Loaded> {
    const found = this.#loaded.get(id);
    if (found) {
      this.#loaded.delete(id);
      this.#loaded.set(id, found);
      return found.loaded;
    }
    const loadable = this.#known.get(id);
    if (!loadable) throw new Error(`The worker does not know the model ${id}.`);
    this.#options.onChange(this.details, true);
    try {
      await this.#makeRoomFor(loadable.bytes);
      const loaded = await this.#options.load(loadable);
      this.#loaded.set(id, { loaded, bytes: loadable.bytes });
      return loaded;
    } finally {
      this.#options.onChange(this.details, false);
    }
  }

  async #makeRoomFor(bytes: number): Promise<void> {
    for (const [id, { loaded }] of this.#loaded) {
      const sum = [...this.#loaded.values()].reduce((total, one) => total + one.bytes, bytes);
      if (sum <= this.#options.maxBytes) return;
      this.#loaded.delete(id);
      await loaded.release();
    }
  }
}
