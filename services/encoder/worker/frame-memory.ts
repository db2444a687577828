/** Places where pictures' tensors are written, each lent to one picture at a time: to touch as much new memory takes longer than to fill it. */
export class FrameMemory {
  readonly #values: number;
  readonly #free: Float32Array[] = [];
  readonly #waiting: ((memory: Float32Array) => void)[] = [];
  #left: number;

  /** @param count of pictures at once. @param values float32 of each. */
  constructor(count: number, values: number) {
    this.#left = count;
    this.#values = values;
  }

  /** Waits for a place, in the order of those who ask. */
  async lend<T>(use: (memory: Float32Array) => Promise<T>): Promise<T> {
    const memory = await this.#take();
    try {
      return await use(memory);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(memory);
      else this.#free.push(memory);
    }
  }

  #take(): Promise<Float32Array> | Float32Array {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#left === 0) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#left--;
    return new Float32Array(this.#values);
  }
}
