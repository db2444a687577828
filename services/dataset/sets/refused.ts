/** So many files refused one after the other are not to blame: whoever keeps them is. */
const mostInARow = 20;

/** What could not be deleted, and why. */
export class Refused {
  readonly #all = { pictures: new Map<string, unknown>(), jobs: new Map<string, unknown>() };
  #inARow = 0;

  get pictures(): string[] {
    return [...this.#all.pictures.keys()];
  }

  get jobs(): string[] {
    return [...this.#all.jobs.keys()];
  }

  /** @throws what `work` does, when the ones before it have been refused as well; they are known as such all the same. */
  async isDone(of: "pictures" | "jobs", key: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.#inARow = 0;
      return true;
    } catch (error) {
      this.#all[of].set(key, error);
      if (++this.#inARow < mostInARow) return false;
      this.#inARow = 0;
      throw error;
    }
  }

  /** @throws why the first of them was refused. */
  tellAndForget(): void {
    const { pictures, jobs } = this.#all;
    const [error] = [...pictures.values(), ...jobs.values()];
    const isEmpty = pictures.size + jobs.size === 0;
    pictures.clear();
    jobs.clear();
    if (!isEmpty) throw error;
  }
}
