import "../../services/inference/models/no-telemetry.js";
import type { EncoderFiles } from "../../services/encoder/graphs/encoder-files.js";
import type { EncoderRuntime } from "../../services/encoder/graphs/encoder-runtime.js";
import type { Sides } from "../../services/encoder/images/encoded-frame.js";
import { probe } from "../../services/encoder/rewrite/probe.js";
import { loadEncoder } from "../../services/encoder/worker/load-encoder.js";
import { inFrame } from "../../services/inference/models/in-frame.js";
import { Manifest } from "../../services/inference/models/manifest.js";

/** What it is told first: the graph to load. Then frames, one after another. */
export interface EncoderToRun {
  files: EncoderFiles;
  runtime: EncoderRuntime;
}

/** What it answers with: of loading, without `ms`. */
export interface EncoderRun {
  /** Of a run, until the embedding is the whole frame's. */
  ms?: number;
  residentBytes: number;
}

const manifest = Manifest.read();
const model = inFrame(manifest.get(manifest.defaultId), "picture");
const answer = (run: EncoderRun) => process.send?.(run);

process.once("message", async ({ files, runtime }: EncoderToRun) => {
  const encoder = await loadEncoder(model, files, runtime);
  process.on("message", async (sides: Sides) => {
    const planes = probe(sides);
    const startedAt = performance.now();
    encoder.whole(await encoder.run(planes, sides), sides);
    answer({ ms: performance.now() - startedAt, residentBytes: process.memoryUsage().rss });
  });
  answer({ residentBytes: process.memoryUsage().rss });
});
