import { DecoderService, EmbeddingSource, type SegmentResult } from "../../../proto/index.js";
import { RpcClient } from "../../../services/runtime/grpc/client.js";
import type { Calibration } from "../../simulation/calibration.js";
import { upload } from "../../support/http-calls.js";
import { clickOn } from "../../support/pictures.js";
import { SocketClient } from "../../support/socket-client.js";
import { round } from "../report.js";
import { mean, median, quantile } from "../statistics.js";
import type { Rig } from "./rig.js";

/** As many pictures as a worker surely keeps ready, and as many sessions, each asking as soon as it is answered. */
const closedLoop = 8;
const saturatedMs = 6000;
const loneClicks = 120;
/** Beyond those that the worker keeps ready, so that going through all of them finds none. */
const coldPictures = 20;
const encodes = 6;
/** A quantile every 1 %. */
const steps = 100;

export interface Calibrated {
  readonly measured: Omit<Calibration, "source">;
  /** Prompts a second that the decoder's core answered at most. */
  readonly saturatedPerSecond: number;
  /** A lone person's clicks, ms. */
  readonly loneMs: { readonly mean: number; readonly p50: number; readonly p95: number };
}

/**
 * Measures what the simulation needs to know, on a rig that nobody else uses.
 * @param preparedBytes see `bareSteps`. @param attempt counts from 0: each has pictures that the decoder does not know yet.
 */
export async function calibrate(rig: Rig, preparedBytes: number, attempt: number): Promise<Calibrated> {
  const { fetchMs, prepareMs } = await coldPrompts(
    rig,
    Math.ceil(rig.decoderCacheBytes / preparedBytes) + coldPictures,
    attempt,
  );
  const encodeMs = await newPictures(rig);
  const lone = await closedLoopClicks(rig, 1, { clicks: loneClicks });
  const before = rig.cpuSeconds();
  const full = await closedLoopClicks(rig, closedLoop, { ms: saturatedMs });
  const after = rig.cpuSeconds();
  const perSecond = (1000 * full.clicks.length) / full.ms;
  const gatewayMs = (1000 * ((after.gateway ?? 0) - (before.gateway ?? 0))) / full.clicks.length;
  // The core also reads and writes messages: what a prompt takes of it is seen when it does nothing else.
  const inWorker = full.clicks.map(({ result }) => workerMs(result));
  const onCoreMs = 1000 / perSecond;
  const scale = onCoreMs / mean(inWorker);
  const promptMs = Array.from({ length: steps + 1 }, (_, step) => round(scale * quantile(inWorker, step / steps)));
  // The mean of that distribution, as it is drawn from: linear between the quantiles.
  const drawnMs = mean(promptMs.slice(1).map((ms, step) => (ms + (promptMs[step] as number)) / 2));
  const totals = lone.clicks.map(({ totalMs }) => totalMs);
  return {
    measured: {
      decoder: {
        promptMs: promptMs.map((ms) => round((ms * onCoreMs) / drawnMs)),
        prepareMs: round(prepareMs),
        fetchMs: round(fetchMs),
        preparedBytes,
        recordBytes: rig.recordBytes,
      },
      gatewayMs: round(gatewayMs),
      transportMs: round(Math.max(0, mean(totals) - onCoreMs - gatewayMs)),
      encodeMs: round(encodeMs),
    },
    saturatedPerSecond: round(perSecond),
    loneMs: { mean: round(mean(totals)), p50: round(quantile(totals, 0.5)), p95: round(quantile(totals, 0.95)) },
  };
}

const workerMs = ({ timings }: SegmentResult) =>
  (timings?.embeddingMs ?? 0) + (timings?.decodeMs ?? 0) + (timings?.maskMs ?? 0);

/** First prompts on pictures that the decoder does not have, and on those that its worker has put away again. */
async function coldPrompts(rig: Rig, count: number, attempt: number): Promise<{ fetchMs: number; prepareMs: number }> {
  const rpc = new RpcClient(rig.decoderAddress);
  try {
    const ms = { [EmbeddingSource.STORE]: [] as number[], [EmbeddingSource.PROCESS]: [] as number[] };
    for (const source of [EmbeddingSource.STORE, EmbeddingSource.PROCESS] as const) {
      for (const imageId of rig.album.slice(attempt * count, (attempt + 1) * count)) {
        const prompt = { points: [{ ...clickOn("disc"), label: 1 }] };
        const { outcome } = await rpc.unary(DecoderService.method.segmentOnce, { imageId, prompt });
        if (outcome.case !== "result") throw new Error("the decoder answered without a result");
        const { embeddingSource, timings } = outcome.value;
        if (embeddingSource === source) ms[source].push(timings?.embeddingMs ?? 0);
      }
    }
    const fromProcess = ms[EmbeddingSource.PROCESS];
    const fromStore = ms[EmbeddingSource.STORE];
    if (fromProcess.length === 0 || fromStore.length === 0) {
      throw new Error(
        "there is no cold picture left: the album needs more pictures (--album), or the decoder less memory",
      );
    }
    return { fetchMs: median(fromStore) - median(fromProcess), prepareMs: median(fromProcess) };
  } finally {
    rpc.close();
  }
}

/** @returns milliseconds of one upload that is encoded. */
async function newPictures(rig: Rig): Promise<number> {
  const ms: number[] = [];
  for (let i = 0; i < encodes; i++) {
    const bytes = await rig.newPicture();
    const startedAt = performance.now();
    const { cached } = await upload(rig.gatewayUrl, bytes);
    if (cached) throw new Error("a new picture was known");
    ms.push(performance.now() - startedAt);
  }
  return median(ms);
}

/** Sessions that ask again as soon as they are answered, each on a picture of its own, which is warm. */
async function closedLoopClicks(rig: Rig, sessions: number, until: { clicks: number } | { ms: number }) {
  const clicks: { totalMs: number; result: SegmentResult }[] = [];
  let startedAt = 0;
  const isOver = () => ("clicks" in until ? clicks.length >= until.clicks : performance.now() - startedAt >= until.ms);
  const people = await Promise.all(
    Array.from({ length: sessions }, async (_, index) => {
      const socket = await SocketClient.join(rig.gatewayUrl);
      await socket.openReady(rig.album[index] as string);
      await click(socket, 1);
      return socket;
    }),
  );
  startedAt = performance.now();
  await Promise.all(
    people.map(async (socket) => {
      for (let sequence = 2; !isOver(); sequence++) clicks.push(await click(socket, sequence));
    }),
  );
  const ms = performance.now() - startedAt;
  for (const socket of people) await socket[Symbol.asyncDispose]();
  return { clicks, ms };
}

async function click(socket: SocketClient, sequence: number): Promise<{ totalMs: number; result: SegmentResult }> {
  const { x, y } = clickOn("disc");
  const startedAt = performance.now();
  const points = [{ x: x + (sequence % 40), y: y + (sequence % 30), label: 1 }];
  socket.segment({ sequence, prompt: { points }, multimask: true });
  const { outcome } = await socket.next("segment");
  if (outcome.case !== "result") throw new Error(`a click was answered ${outcome.value?.message}`);
  return { totalMs: performance.now() - startedAt, result: outcome.value };
}
