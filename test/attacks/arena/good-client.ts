import { setTimeout as sleep } from "node:timers/promises";
import { clickOn } from "../../support/pictures.js";
import { SocketClient } from "../../support/socket-client.js";

const paceMs = 150;
/** A click that is not answered by then is lost. */
const lostMs = 45_000;
/** Times that it asks for its picture before it gives up. */
const openings = 5;

/** What a client's clicks were like over a stretch of time. */
export interface Clicks {
  clicks: number;
  refused: number;
  lost: number;
  p50Ms: number;
  p95Ms: number;
  longestMs: number;
}

/** How it connects. */
interface Way {
  /** That show who it is. */
  headers: Record<string, string>;
  /** The authority of an encrypted gateway, PEM. */
  ca?: string;
}

/** The picture is open. What the attack before has worn out may be about to come back: a page repeats it, too. */
async function open(url: string, imageId: string, way: Way): Promise<SocketClient> {
  for (let left = openings - 1; ; left--) {
    const socket = await SocketClient.join(url, way);
    try {
      await socket.openReady(imageId);
      return socket;
    } catch (error) {
      await socket[Symbol.asyncDispose]();
      if (left === 0) throw error;
      await sleep(1000);
    }
  }
}

/** Somebody who clicks at a steady pace on a picture of their own, and does nothing wrong. */
export class GoodClient implements AsyncDisposable {
  readonly #url: string;
  readonly #imageId: string;
  readonly #way: Way;
  readonly #stopping = new AbortController();
  #socket: SocketClient;
  #sequence = 0;
  #times: number[] = [];
  #refused = 0;
  #lost = 0;
  #running: Promise<void> = Promise.resolve();

  private constructor(url: string, imageId: string, way: Way, socket: SocketClient) {
    this.#way = way;
    this.#url = url;
    this.#imageId = imageId;
    this.#socket = socket;
  }

  static async join(url: string, imageId: string, way: Way): Promise<GoodClient> {
    const client = new GoodClient(url, imageId, way, await open(url, imageId, way));
    client.#running = client.#run();
    return client;
  }

  /** What was clicked since the last call. */
  take(): Clicks {
    const times = this.#times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? 0;
    const clicks = { clicks: times.length, refused: this.#refused, lost: this.#lost };
    const figures = { p50Ms: at(0.5), p95Ms: at(0.95), longestMs: times.at(-1) ?? 0 };
    this.#times = [];
    this.#refused = 0;
    this.#lost = 0;
    return { ...clicks, ...figures };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#socket[Symbol.asyncDispose]();
    await this.#running;
    // One that it was just about to join again.
    await this.#socket[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const askedAt = performance.now();
      try {
        const answer = await this.#click();
        if (answer === "refused") this.#refused++;
        else this.#times.push(performance.now() - askedAt);
      } catch {
        if (signal.aborted) return;
        this.#lost++;
        await this.#rejoin().catch(() => {});
      }
      await sleep(Math.max(0, paceMs - (performance.now() - askedAt)), undefined, { signal }).catch(() => {});
    }
  }

  /** Another point each time: what was found before is no answer. */
  async #click(): Promise<"answered" | "refused"> {
    const sequence = ++this.#sequence;
    const { x, y } = clickOn("disc");
    this.#socket.segment({ sequence, prompt: { points: [{ x: x + (sequence % 17), y: y + (sequence % 13) }] } });
    for (;;) {
      const { frame } = await within(lostMs, this.#socket.nextFrame());
      if (frame.case === "segment" && frame.value.sequence === sequence) {
        return frame.value.outcome.case === "result" ? "answered" : "refused";
      }
    }
  }

  async #rejoin(): Promise<void> {
    await this.#socket[Symbol.asyncDispose]();
    if (this.#stopping.signal.aborted) return;
    this.#socket = await SocketClient.join(this.#url, this.#way);
    const left = new Promise<void>((resolve) => {
      this.#stopping.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await within(lostMs, Promise.race([this.#socket.openReady(this.#imageId), left]));
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
