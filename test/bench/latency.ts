import type { SegmentResult } from "../../proto/index.js";
import { DecoderService, MaskFormat } from "../../proto/index.js";
import { spinUs } from "../../services/decoder/graphs/decoder-session.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../services/inference/models/model-file.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene, sceneClicks } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { testSettings } from "../support/start-maskwire.js";
import { BareRunner } from "./bare-runner.js";
import { BareService } from "./bare-service.js";
import { atMost, type Outcome, type Suite } from "./report.js";
import { median, p50p95 } from "./statistics.js";

const [width, height] = [1500, 1000];
const rounds = 150;
/** Until V8 has optimised what a click runs, on both sides: the client's own first clicks are no fault of the service. */
const warmUpRounds = 60;
/** Starts are measured once cold, as a deployment sees it, and then again with the page cache and caches of ours warm. */
const starts = 3;

/*
 * Overhead is what a click costs beside the model: from the client's call of `send` to the answer in the client's hands, less
 * the time of the model's run as the worker that ran it has measured it. So the client's own part is in it: writing the
 * request, reading the answer, and the passage through the kernel each way.
 */
type Stage = "queue" | "embedding" | "decode" | "mask" | "transport" | "overhead" | "total";
type Samples = Record<Stage, number>[];

export const suite: Suite = {
  title: `${rounds} warm clicks by each way, interleaved with the bare graph in a worker`,
  async run(say) {
    const startMs: number[] = [];
    for (let i = 1; i < starts; i++) {
      const process = await timedStart(startMs);
      await process[Symbol.asyncDispose]();
    }
    const maskwire = await timedStart(startMs);
    say(`started in ${startMs.map(Math.round).join(", ")} ms`);
    const bare = await bareDecoder();
    const bareService = await BareService.start();
    const rpc = new RpcClient(maskwire.address);
    try {
      const { image } = await upload(maskwire.url, await jpegScene(width, height));
      const imageId = image?.imageId ?? "";
      const socket = await SocketClient.join(maskwire.url);
      await socket.openReady(imageId);
      const ways = {
        gRPC: grpcClicks(rpc, imageId, []),
        "gRPC with logits": grpcClicks(rpc, imageId, [MaskFormat.LOW_RES_LOGITS]),
        WebSocket: socketClicks(socket),
      };
      const samples: Record<keyof typeof ways, Samples> = { gRPC: [], "gRPC with logits": [], WebSocket: [] };
      const bareMs: number[] = [];
      const hopMs: number[] = [];
      const floorMs: number[] = [];
      for (let round = 0; round < warmUpRounds + rounds; round++) {
        const isWarm = round >= warmUpRounds;
        for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
          const sample = await ways[way](round);
          if (isWarm) samples[way].push(sample);
        }
        const floor = await bareService.click();
        if (isWarm) floorMs.push(floor);
        const askedAt = performance.now();
        const ms = await bare.run();
        if (isWarm) bareMs.push(ms);
        if (isWarm) hopMs.push(performance.now() - askedAt - ms);
      }
      await socket[Symbol.asyncDispose]();
      return report(startMs, samples, { bareMs, hopMs, floorMs });
    } finally {
      rpc.close();
      await bareService[Symbol.asyncDispose]();
      await bare[Symbol.asyncDispose]();
      await maskwire[Symbol.asyncDispose]();
    }
  },
};

async function timedStart(times: number[]): Promise<MaskwireProcess> {
  const startedAt = performance.now();
  const process = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error" });
  times.push(performance.now() - startedAt);
  return process;
}

/** The export as it is, asked for its smallest mask: its own resize to the picture's size would be the most of it. */
async function bareDecoder(): Promise<BareRunner> {
  const manifest = Manifest.read();
  const { decoder } = manifest.get(manifest.defaultId);
  return BareRunner.start({
    path: await verifyModelFile(decoder, manifest),
    threads: testSettings().decoder.threads,
    spinUs,
    outputs: ["low_res_masks", "iou_predictions"],
    feeds: {
      image_embeddings: { data: new Float32Array(256 * 64 * 64).fill(0.1), dims: [1, 256, 64, 64] },
      point_coords: { data: Float32Array.of(300, 240, 0, 0), dims: [1, 2, 2] },
      point_labels: { data: Float32Array.of(1, -1), dims: [1, 2] },
      mask_input: { data: new Float32Array(256 * 256), dims: [1, 1, 256, 256] },
      has_mask_input: { data: Float32Array.of(0), dims: [1] },
      orig_im_size: { data: Float32Array.of(1, 1), dims: [2] },
    },
  });
}

/** Never the same prompt twice in a row. */
const promptOf = (round: number) => ({
  points: [{ x: sceneClicks.disc.x * width + (round % 20), y: sceneClicks.disc.y * height, label: 1 }],
});

function grpcClicks(rpc: RpcClient, imageId: string, formats: MaskFormat[]) {
  const call = rpc.duplex(DecoderService.method.segment);
  const responses = call.responses[Symbol.asyncIterator]();
  return async (round: number) => {
    const startedAt = performance.now();
    await call.send({ sequence: round + 1, imageId, prompt: promptOf(round), formats });
    const next = await responses.next();
    const ms = performance.now() - startedAt;
    return stages(ms, next.done ? { case: undefined } : next.value.outcome);
  };
}

function socketClicks(socket: SocketClient) {
  return async (round: number) => {
    const startedAt = performance.now();
    socket.segment({ sequence: round + 1, prompt: promptOf(round) });
    const { outcome } = await socket.next("segment");
    return stages(performance.now() - startedAt, outcome);
  };
}

function stages(
  total: number,
  outcome:
    | { case: "result"; value: SegmentResult }
    | { case: "error"; value: { message: string } }
    | { case: undefined },
): Record<Stage, number> {
  if (outcome.case !== "result") throw new Error(outcome.case === "error" ? outcome.value.message : "no answer");
  const { queueMs = 0, embeddingMs = 0, decodeMs = 0, maskMs = 0 } = outcome.value.timings ?? {};
  return {
    queue: queueMs,
    embedding: embeddingMs,
    decode: decodeMs,
    mask: maskMs,
    transport: total - queueMs - embeddingMs - decodeMs - maskMs,
    overhead: total - decodeMs,
    total,
  };
}

function report(
  startMs: number[],
  samples: Record<string, Samples>,
  { bareMs, hopMs, floorMs }: Record<"bareMs" | "hopMs" | "floorMs", number[]>,
): Outcome {
  const overhead = (way: string) => median((samples[way] ?? []).map((one) => one.overhead));
  const byStage = (all: Samples) =>
    Object.fromEntries(
      (Object.keys(all[0] ?? {}) as Stage[]).map((stage) => [stage, p50p95(all.map((one) => one[stage]))]),
    );
  return {
    bars: [
      atMost("gRPC stream: p50 over the model's run", overhead("gRPC"), 2, "ms"),
      atMost("WebSocket: p50 over the model's run", overhead("WebSocket"), 3, "ms"),
      atMost("process start to ready, slowest", Math.max(...startMs) / 1000, 20, "s"),
    ],
    detail: {
      picture: `${width} x ${height}`,
      rounds,
      "bare graph in a worker, ms": { run: p50p95(bareMs), "to the worker and back": p50p95(hopMs) },
      "grpc-js and a worker with nothing around them, ms over the model's run": p50p95(floorMs),
      ...Object.fromEntries(Object.entries(samples).map(([way, all]) => [`${way}, ms`, byStage(all)])),
      "starts, ms": startMs.map(Math.round),
    },
  };
}
