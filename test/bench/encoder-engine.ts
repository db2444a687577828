import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EncoderFiles, encoderFiles } from "../../services/encoder/graphs/encoder-files.js";
import { pictureFrame, type Sides, wholeFrame } from "../../services/encoder/images/encoded-frame.js";
import { inFrame } from "../../services/inference/models/in-frame.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../services/inference/models/model-file.js";
import { testSettings } from "../support/start-maskwire.js";
import type { EncoderRun, EncoderToRun } from "./encoder-process.js";
import { atLeast, type Outcome, round } from "./report.js";
import { median, p50p95 } from "./statistics.js";

/** How much faster than the stock graph, which encodes the whole frame whatever the picture. */
const shapes = [
  { name: "3:2", width: 3, height: 2, least: 1.8 },
  { name: "16:9", width: 16, height: 9, least: 2.1 },
  { name: "square", width: 1, height: 1, least: 1.2 },
] as const;

const rounds = 12;

/**
 * The encoder's graph alone, as it is served: each shape of picture after a run of the stock graph, round after round, so that
 * both find the caches as the other has left them. Each graph is in a process of its own, so that its memory is its own too, and
 * both are run with the options that encoders are served with. Two rounds go before those that count.
 */
export async function measureEngine(say: (line: string) => void): Promise<Outcome> {
  const manifest = Manifest.read();
  const model = inFrame(manifest.get(manifest.defaultId), "picture");
  const runtime = { providers: ["cpu" as const], threads: testSettings().encoder.threads };
  const stockPath = await verifyModelFile(model.encoder, manifest);
  const cacheDir = await mkdtemp(join(tmpdir(), "maskwire-engine-"));
  const running: Encoder[] = [];
  try {
    const files = await encoderFiles(model, stockPath, cacheDir, runtime);
    if (files.kind === "stock") throw new Error(`the encoder is served as it is: ${files.reason}`);
    const start = async (graph: EncoderFiles) => {
      const encoder = await Encoder.start({ files: graph, runtime });
      running.push(encoder);
      return encoder;
    };
    const stock = await start({ kind: "stock", path: stockPath, reason: "the baseline" });
    const served = await start(files);
    const whole = wholeFrame(model);
    const frames = shapes.map((shape) => ({ ...shape, sides: frameOf(shape, whole) }));
    const [stockMs, servedMs] = [shapes.map(() => [] as number[]), shapes.map(() => [] as number[])];
    for (let at = -2; at < rounds; at++) {
      for (const [i, { sides }] of frames.entries()) {
        const [before, after] = [await stock.run(whole), await served.run(pictureFrame(model, sides))];
        // The first runs allocate.
        if (at < 0) continue;
        stockMs[i]!.push(before);
        servedMs[i]!.push(after);
      }
      if (at >= 0) say(`engine: round ${at + 1} of ${rounds}`);
    }
    return {
      bars: frames.map(({ name, least }, i) =>
        atLeast(
          `${name} picture's encode, faster than the stock graph, p50`,
          ratio(stockMs[i]!, servedMs[i]!),
          least,
          "times",
        ),
      ),
      detail: {
        "engine, ms": Object.fromEntries(
          frames.map(({ name, sides }, i) => [
            `${name}: ${pictureFrame(model, sides).width} x ${pictureFrame(model, sides).height}`,
            { stock: p50p95(stockMs[i]!).p50, served: p50p95(servedMs[i]!).p50 },
          ]),
        ),
        "engine, MiB of a process": { stock: stock.memory, served: served.memory },
        "engine, passes": files.parity.passes.join(", "),
        "engine, difference": files.parity.maxDifference,
      },
    };
  } finally {
    for (const encoder of running) encoder[Symbol.dispose]();
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/** The picture in the frame: its longer side is the frame's. */
function frameOf({ width, height }: { width: number; height: number }, whole: Sides): Sides {
  const longer = Math.max(width, height);
  return { width: (whole.width * width) / longer, height: (whole.height * height) / longer };
}

const ratio = (stock: readonly number[], served: readonly number[]) => median(stock) / median(served);

/** One graph in a process. */
class Encoder implements Disposable {
  readonly #process: ChildProcess;
  #loaded = 0;
  #most = 0;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  static async start(graph: EncoderToRun): Promise<Encoder> {
    const encoder = new Encoder(fork(new URL("./encoder-process.js", import.meta.url)));
    encoder.#loaded = (await encoder.#ask(graph)).residentBytes;
    return encoder;
  }

  /** @returns milliseconds. */
  async run(sides: Sides): Promise<number> {
    const { ms, residentBytes } = await this.#ask(sides);
    this.#most = Math.max(this.#most, residentBytes);
    return ms ?? Number.NaN;
  }

  get memory(): { loaded: number; running: number } {
    return { loaded: round(this.#loaded / 2 ** 20), running: round(this.#most / 2 ** 20) };
  }

  async #ask(what: EncoderToRun | Sides): Promise<EncoderRun> {
    const answered = new AbortController();
    const { signal } = answered;
    this.#process.send(what);
    const ended = once(this.#process, "exit", { signal }).then(([code]) => {
      throw new Error(`a graph's process ended with ${code}`);
    });
    try {
      const [answer] = await Promise.race([once(this.#process, "message", { signal }), ended]);
      return answer;
    } finally {
      answered.abort();
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
