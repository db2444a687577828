import { setTimeout as sleep } from "node:timers/promises";
import { imageIdOf } from "../../../services/runtime/image-id.js";
import { jpegScene } from "../../support/pictures.js";
import { headersOf } from "./guest.js";

/** Pictures that everything mode works on at once, and uploads that wait at once. */
const searches = 4;
const uploads = 2;

/** All that one tenant can ask for that nobody waits for: everything mode on many pictures, and uploads of new ones. */
export class BulkJob implements AsyncDisposable {
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>;
  points = 0;
  pictures = 0;

  private constructor(url: string, key: string, imageIds: readonly string[], seed: number) {
    const headers = headersOf(key);
    this.#running = Promise.all([
      ...Array.from({ length: searches }, (_, at) => this.#search(url, headers, imageIds[at % imageIds.length] ?? "")),
      ...Array.from({ length: uploads }, (_, at) => this.#upload(url, headers, 1000 * seed + 100_000 * at)),
    ]);
  }

  /** Resolves when it is at work. */
  static async start(url: string, key: string, imageIds: readonly string[], seed: number): Promise<BulkJob> {
    const job = new BulkJob(url, key, imageIds, seed);
    await sleep(500);
    return job;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #search(url: string, headers: Record<string, string>, imageId: string): Promise<void> {
    const body = JSON.stringify({ imageId, mode: "EVERYTHING_MODE_EXHAUSTIVE" });
    await this.#again(async (signal) => {
      const reply = await fetch(`${url}/v1/everything`, { method: "POST", headers, body, signal });
      if (!reply.ok) throw new Error(`everything mode: ${reply.status} ${await reply.text()}`);
      const lines = (await reply.text()).trim().split("\n");
      this.points += JSON.parse(lines.at(-1) ?? "{}").done?.points ?? 0;
    });
  }

  async #upload(url: string, headers: Record<string, string>, firstSeed: number): Promise<void> {
    let seed = firstSeed;
    await this.#again(async (signal) => {
      const bytes = await jpegScene(640, 480, seed++);
      const where = `${url}/v1/images?priority=bulk&id=${imageIdOf(bytes)}`;
      const body = bytes as Uint8Array<ArrayBuffer>;
      const reply = await fetch(where, { method: "POST", headers, body, signal });
      if (!reply.ok && reply.status !== 429) throw new Error(`an upload: ${reply.status} ${await reply.text()}`);
      await reply.arrayBuffer();
      this.pictures++;
    });
  }

  async #again(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await work(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }
}
