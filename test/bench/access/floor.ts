import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, getPriority, setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Outcome, round } from "../report.js";
import { median, quantile } from "../statistics.js";
import type { BareLoad } from "./floor-load.js";
import { Opened } from "./places.js";

/** Between an answer and the next prompt. */
const thinkMs = 20;
const warmUpPrompts = 20;
const beginMs = 200;

interface FloorOptions {
  blocks: number;
  clicks: number;
  /** Threads of a run; 0: as many as there are cores. */
  threads: number;
}

const loads: readonly BareLoad[] = ["runs of the decoder", "pictures that are read"];
/** As everybody, and as what the service itself has give way. */
const priorities = [0, 10];
/** Of each way; more say the same, and take minutes. */
const mostBlocks = 4;
const mostPrompts = 50;
const alone = "alone";

/**
 * What the platform itself takes: a bare process that runs the decoder's graph for a prompt now and then, beside a bare process
 * that keeps one core at work. No service can have its bulk work cost a click less than this.
 */
export async function floor(options: FloorOptions, say: (line: string) => void): Promise<Outcome> {
  const { threads, blocks: wantedBlocks, clicks: wantedPrompts } = options;
  const [blockCount, promptCount] = [Math.min(wantedBlocks, mostBlocks), Math.min(wantedPrompts, mostPrompts)];
  await using clicks = await Bare.start("floor-clicks.js", 0, String(threads || availableParallelism()));
  const ways: { way: string; load: Bare | undefined }[] = [{ way: alone, load: undefined }];
  await using opened = new Opened();
  for (const load of loads) {
    for (const below of priorities) {
      ways.push({
        way: `${load}, priority ${below}`,
        load: opened.add(await Bare.start("floor-load.js", below, load)),
      });
    }
  }
  const prompts = async (count: number) => {
    const ms: number[] = [];
    for (let left = count; left > 0; left--) {
      ms.push(await clicks.ask("prompt"));
      await sleep(thinkMs);
    }
    return ms;
  };
  await prompts(warmUpPrompts);
  const blocks = new Map(ways.map(({ way }) => [way, { ms: [] as number[][], done: 0, seconds: 0 }]));
  for (let block = 0; block < blockCount; block++) {
    for (const { way, load } of ways) {
      const kept = blocks.get(way);
      if (!kept) continue;
      load?.tell("begin");
      if (load) await sleep(beginMs);
      const startedAt = performance.now();
      kept.ms.push(await prompts(promptCount));
      kept.seconds += (performance.now() - startedAt) / 1000;
      if (load) kept.done += Number(await load.hear("end"));
    }
    say(`floor: block ${block + 1} of ${blockCount}`);
  }
  const p95 = (way: string) => (blocks.get(way)?.ms ?? []).map((ms) => quantile(ms, 0.95));
  const base = p95(alone);
  return {
    bars: [],
    detail: Object.fromEntries(
      [...blocks].map(([way, { ms, done, seconds }]) => [
        way,
        {
          p50: round(median(ms.map((one) => median(one)))),
          p95: round(median(p95(way))),
          "p95 more than alone, %": round(100 * (median(p95(way).map((one, at) => one / (base[at] as number))) - 1)),
          "done a second": round(done / seconds),
        },
      ]),
    ),
  };
}

/** A process of ours without Maskwire's parts, spoken to by messages. */
class Bare implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** @param below how many of the system's priorities after the others it comes: 0 to 19. */
  static async start(entry: string, below: number, ...args: string[]): Promise<Bare> {
    const child = fork(new URL(entry, import.meta.url), args);
    const bare = new Bare(child);
    // Before it has threads: those have the priority of who starts them.
    if (child.pid !== undefined) setPriority(child.pid, Math.min(19, getPriority() + below));
    await bare.#next();
    return bare;
  }

  tell(message: string): void {
    this.#child.send(message);
  }

  async hear(message: string): Promise<unknown> {
    const answer = this.#next();
    this.tell(message);
    return answer;
  }

  /** What it says next. @throws Error when it ends before. */
  #next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const end = (code: number | null, signal: string | null) =>
        reject(new Error(`a process of the floor ended with ${signal ?? `code ${code}`}`));
      if (child.exitCode !== null || child.signalCode !== null) return end(child.exitCode, child.signalCode);
      child.once("exit", end);
      child.once("message", (message) => {
        child.off("exit", end);
        resolve(message);
      });
    });
  }

  /** @returns milliseconds until it answers. */
  async ask(message: string): Promise<number> {
    const startedAt = performance.now();
    await this.hear(message);
    return performance.now() - startedAt;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
