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

interface Entry<Loaded> {
  readonly loaded: Loaded;
  readonly bytes: number;
  /** Tasks that have it. */
  users: number;
}

/** The models of one worker: each is loaded when it is asked for first, and the least used one goes where there is no room. */
export class LoadedModels<Loadable extends LoadableModel, Detail, Loaded extends LoadedModel<Detail>> {
  readonly #options: LoadedModelsOptions<Loadable, Loaded, Detail>;
  readonly #known = new Map<string, Loadable>();
  /** The least used first. */
  readonly #loaded = new Map<string, Entry<Loaded>>();
  /** Loadings go one after another. */
  #loading: Promise<unknown> = Promise.resolve();

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

  /** Those that are loaded now. */
  get all(): Loaded[] {
    return [...this.#loaded.values()].map(({ loaded }) => loaded);
  }

  /** For one task at a time: what another one uses may be unloaded. @throws whatever loading it throws. */
  async get(id: string): Promise<Loaded> {
    return (await this.#entry(id)).loaded;
  }

  /** For tasks beside each other: it stays loaded meanwhile. @throws whatever loading it, or `task`, throws. */
  async use<T>(id: string, task: (loaded: Loaded) => Promise<T>): Promise<T> {
    const entry = await this.#entry(id);
    entry.users++;
    try {
      return await task(entry.loaded);
    } finally {
      entry.users--;
    }
  }

  async #entry(id: string): Promise<Entry<Loaded>> {
    const found = this.#find(id);
    if (found) return found;
    const loading = this.#loading.then(() => this.#find(id) ?? this.#load(id));
    this.#loading = loading.catch(() => {});
    return loading;
  }

  /** It is the most used one now. */
  #find(id: string): Entry<Loaded> | undefined {
    const found = this.#loaded.get(id);
    if (!found) return undefined;
    this.#loaded.delete(id);
    this.#loaded.set(id, found);
    return found;
  }

  async #load(id: string): Promise<Entry<Loaded>> {
    const loadable = this.#known.get(id);
    if (!loadable) throw new Error(`The worker does not know the model ${id}.`);
    this.#options.onChange(this.details, true);
    try {
      await this.#makeRoomFor(loadable.bytes);
      const entry: Entry<Loaded> = { loaded: await this.#options.load(loadable), bytes: loadable.bytes, users: 0 };
      this.#loaded.set(id, entry);
      return entry;
    } finally {
      this.#options.onChange(this.details, false);
    }
  }

  async #makeRoomFor(bytes: number): Promise<void> {
    for (const [id, { loaded, users }] of this.#loaded) {
      const sum = [...this.#loaded.values()].reduce((total, one) => total + one.bytes, bytes);
      if (sum <= this.#options.maxBytes) return;
      if (users > 0) continue;
      this.#loaded.delete(id);
      await loaded.release();
    }
  }
}
