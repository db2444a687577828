import { EmbeddingSource } from "../../proto/index.js";
import { Counter, Gauge, Histogram, latencyBuckets, type Registry } from "../runtime/metrics.js";
import type { EmbeddingCache } from "./pictures/embedding-cache.js";
import type { StageTimes } from "./prompts/prompt-decoder.js";
import type { MemoryCache } from "./track/memory-cache.js";

/** What is read whenever the metrics are asked for. */
interface Sources {
  maxQueue: number;
  /** Prompts that wait for a worker. */
  waiting: () => number;
  embeddings: Pick<EmbeddingCache, "evictions" | "bytes">;
  memories: Pick<MemoryCache, "counts" | "bytes">;
}

/** @returns to be told of every prompt that was answered. */
export function createMetrics(metrics: Registry, { maxQueue, waiting, embeddings, memories }: Sources) {
  const registers = [metrics];
  new Gauge({
    name: "maskwire_decoder_queue_depth",
    help: "Prompts that wait for a worker",
    registers,
    collect() {
      this.set(waiting());
    },
  });
  new Gauge({ name: "maskwire_decoder_queue_limit", help: "Prompts that may wait for a worker", registers }).set(
    maxQueue,
  );
  new Counter({
    name: "maskwire_decoder_cache_evictions_total",
    help: "Embeddings that this process gave up for the room of others",
    registers,
    collect() {
      this.reset();
      this.inc(embeddings.evictions);
    },
  });
  new Gauge({
    name: "maskwire_decoder_cache_bytes",
    help: "Bytes of embeddings that this process keeps",
    registers,
    collect() {
      this.set(embeddings.bytes);
    },
  });
  new Counter({
    name: "maskwire_track_memories_total",
    help: "What a model remembers of objects in frames: found here, made again of the mask, or given up for the room of others",
    labelNames: ["outcome"],
    registers,
    collect() {
      this.reset();
      const { found, missed, evicted } = memories.counts;
      for (const [outcome, count] of Object.entries({ found, made: missed, evicted })) this.inc({ outcome }, count);
    },
  });
  new Gauge({
    name: "maskwire_track_memory_bytes",
    help: "Bytes of what models remember of objects in frames",
    registers,
    collect() {
      this.set(memories.bytes);
    },
  });
  const decodes = new Counter({
    name: "maskwire_decodes_total",
    help: "Prompts decoded, by where the embedding was found",
    labelNames: ["embedding"],
    registers,
  });
  const seconds = new Histogram({
    name: "maskwire_decode_seconds",
    help: "Time of a decode by stage",
    labelNames: ["stage"],
    buckets: latencyBuckets,
    registers,
  });
  const previewed = new Counter({
    name: "maskwire_decodes_previewed_total",
    help: "Prompts answered with what the preview before them had found, without a run",
    registers,
  });
  return {
    decoded(times: StageTimes, source: EmbeddingSource, isPreviewed: boolean) {
      if (isPreviewed) previewed.inc();
      decodes.inc({ embedding: EmbeddingSource[source].toLowerCase() });
      for (const [stage, ms] of Object.entries(times)) seconds.observe({ stage: stage.replace(/Ms$/, "") }, ms / 1000);
    },
  };
}
