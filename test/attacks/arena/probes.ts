import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Member } from "./stage.js";

const MiB = 2 ** 20;

/** Descriptors that a process has open, of each kind: files by their paths without numbers, connections by what the kernel says of them. */
export function descriptorsOf(pid: number): Record<string, number> {
  const states = tcpStates(pid);
  const kinds: Record<string, number> = {};
  for (const one of readdirSync(`/proc/${pid}/fd`)) {
    const kind = kindOf(`/proc/${pid}/fd/${one}`, states);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

function kindOf(descriptor: string, states: ReadonlyMap<string, string>): string {
  let target: string;
  try {
    target = readlinkSync(descriptor);
  } catch {
    // Closed while they were counted, and still one of them.
    return "closing";
  }
  const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
  if (inode === undefined) return target.replace(/[\da-f]*\d[\da-f]*/g, "#");
  return `socket ${states.get(inode) ?? "of another kind"}`;
}

/** As the kernel numbers them, from 1. */
const states =
  "established syn-sent syn-received fin-wait-1 fin-wait-2 time-wait closed close-wait last-ack listening closing".split(
    " ",
  );

/** Of connections and listeners, by their inodes. */
function tcpStates(pid: number): Map<string, string> {
  const lines = ["tcp", "tcp6"].flatMap((name) => {
    try {
      return readFileSync(`/proc/${pid}/net/${name}`, "utf8").split("\n").slice(1);
    } catch {
      return [];
    }
  });
  return new Map(
    lines.map((line) => {
      const fields = line.trim().split(/\s+/);
      return [fields[9] ?? "", states[Number.parseInt(fields[3] ?? "", 16) - 1] ?? "unknown"];
    }),
  );
}

/** Resident memory in MiB; with `VmHWM` the most since it was last forgotten. */
export function residentMiB(pid: number, field: "VmRSS" | "VmHWM" = "VmRSS"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) / 1024;
}

/** Figures of a process's own metrics, in MiB: the heap, and what its caches keep on purpose. */
interface OwnFigures {
  heapMiB: number;
  keptMiB: number;
  workerLosses: number;
}

export async function figuresOf({ metricsUrl }: Member): Promise<OwnFigures> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].reduce(
      (all, [, one]) => all + Number(one),
      0,
    );
  return {
    heapMiB: sum("maskwire_heap_used_bytes") / MiB,
    // A decoder's embeddings are in its workers too, as tensors.
    keptMiB: (2 * sum("maskwire_decoder_cache_bytes") + sum("maskwire_cache_kept_bytes")) / MiB,
    workerLosses: sum("maskwire_worker_losses_total"),
  };
}

const beatMs = 100;
/** Without an answer for so long a process would be restarted by its kubelet's probe. */
const giveUpMs = 30_000;

/** Asks a process whether it lives, again and again: its longest answer is the longest stall of its event loop. */
export class Heartbeat implements AsyncDisposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  longestMs = 0;

  constructor({ metricsUrl }: Member) {
    this.#url = `${metricsUrl}/livez`;
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const askedAt = performance.now();
      await this.#ask();
      if (!signal.aborted) this.longestMs = Math.max(this.longestMs, performance.now() - askedAt);
      await sleep(beatMs, undefined, { signal }).catch(() => {});
    }
  }

  #ask(): Promise<void> {
    return new Promise((resolve) => {
      const asked = request(this.#url, { agent: this.#agent, timeout: giveUpMs }, (response) => {
        response.resume().once("close", resolve);
      });
      asked.once("error", () => resolve());
      asked.once("timeout", () => asked.destroy());
      asked.end();
    });
  }
}
