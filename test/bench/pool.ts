import { availableParallelism } from "node:os";
import { DecoderService } from "../../proto/index.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene, sceneClicks } from "../support/pictures.js";
import { metric, testSettings } from "../support/start-maskwire.js";
import { bareSteps } from "./bare-step.js";
import { atLeast, type Outcome, round, type Suite } from "./report.js";
import { median, p50p95 } from "./statistics.js";

const [width, height] = [1500, 1000];
const pictures = 6;
const streams = 16;
const blocks = 9;
const blockMs = 2000;
const loneRounds = 60;
/** Until V8 has optimised what runs: before that its compiler takes a share of the cores, from the service and its client. */
const warmMs = 12_000;

/*
 * The cores are all the workers', the service's and the bare ones'. Client and service share them, so that what the client
 * spends is missing from the masks that the service makes; the second bar gives that share back: where the client has taken
 * 3 % of the cores, the service had 97 % of what the bare workers had.
 */

export const suite: Suite = {
  title: `${streams} gRPC streams against the bare step graph in as many workers, ${blocks} interleaved blocks of ${blockMs} ms`,
  async run(say) {
    const { workers, threads } = testSettings().decoder;
    const { runners: bare } = await bareSteps(workers);
    const env = { MASKWIRE_LOG_LEVEL: "error" };
    await using maskwire = await MaskwireProcess.start(env);
    // The lone user of a process that knows one core only.
    await using narrow = await MaskwireProcess.start({ ...env, MASKWIRE_DECODER_THREADS: "1" });
    const [busy, lone, loneNarrow] = [maskwire, maskwire, narrow].map(({ address }) => new RpcClient(address)) as [
      RpcClient,
      RpcClient,
      RpcClient,
    ];
    try {
      const imageIds = await uploadAll(maskwire.url);
      const [first = ""] = await uploadAll(narrow.url, 1);
      const cold = await residentBytes(maskwire);
      for (const imageId of imageIds) await click(busy, imageId, 0);
      const warm = await residentBytes(maskwire);
      // Both workers meet every picture.
      await streamsFor(busy, imageIds, warmMs);
      await Promise.all(bare.map((one) => one.runFor(blockMs)));
      say("warm");
      const pairs: Block[] = [];
      for (let block = 0; block < blocks; block++) {
        const { rate: service, clientShare } = await streamsFor(busy, imageIds, blockMs);
        const runs = await Promise.all(bare.map((one) => one.runFor(blockMs)));
        pairs.push({ service, clientShare, bare: runs.reduce((sum, { runs, ms }) => sum + (1000 * runs) / ms, 0) });
        say(`${round(pairs[block]?.service ?? 0)} of ${round(pairs[block]?.bare ?? 0)} masks a second`);
      }
      const loneMs = { wide: [] as number[], narrow: [] as number[] };
      for (let at = 0; at < loneRounds; at++) {
        loneMs.wide.push(await click(lone, imageIds[0] ?? "", at));
        loneMs.narrow.push(await click(loneNarrow, first, at));
      }
      return report(pairs, loneMs, (warm - cold) / pictures, { workers, threads });
    } finally {
      for (const rpc of [busy, lone, loneNarrow]) rpc.close();
      for (const one of bare) await one[Symbol.asyncDispose]();
    }
  },
};

async function uploadAll(url: string, count = pictures): Promise<string[]> {
  const ids: string[] = [];
  for (let seed = 0; seed < count; seed++) {
    const { image } = await upload(url, await jpegScene(width, height, 700 + seed));
    ids.push(image?.imageId ?? "");
  }
  return ids;
}

const residentBytes = ({ adminUrl }: MaskwireProcess) => metric(adminUrl, "maskwire_resident_memory_bytes");

/** Never the same prompt twice in a row. */
const promptOf = (at: number) => ({
  points: [{ x: sceneClicks.disc.x * width + (at % 20), y: sceneClicks.disc.y * height, label: 1 }],
});

/** @returns milliseconds of one prompt by itself. */
async function click(rpc: RpcClient, imageId: string, at: number): Promise<number> {
  const startedAt = performance.now();
  await rpc.unary(DecoderService.method.segmentOnce, { imageId, prompt: promptOf(at) });
  return performance.now() - startedAt;
}

/**
 * Every stream asks as soon as it is answered.
 * @returns masks a second, and the share of the machine's cores that this process, the client, has used meanwhile.
 */
async function streamsFor(
  rpc: RpcClient,
  imageIds: string[],
  leastMs: number,
): Promise<{ rate: number; clientShare: number }> {
  const startedAt = performance.now();
  const usedBefore = process.cpuUsage();
  const answers = await Promise.all(
    Array.from({ length: streams }, async (_, stream) => {
      const call = rpc.duplex(DecoderService.method.segment);
      let sequence = 0;
      const imageId = imageIds[stream % imageIds.length] ?? "";
      const send = () => call.send({ sequence: ++sequence, imageId, prompt: promptOf(sequence) });
      await send();
      for await (const { outcome } of call.responses) {
        if (outcome.case !== "result") throw new Error(outcome.value?.message ?? "no answer");
        if (performance.now() - startedAt >= leastMs) break;
        await send();
      }
      return sequence;
    }),
  );
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(usedBefore);
  return {
    rate: (1000 * answers.reduce((sum, one) => sum + one, 0)) / ms,
    clientShare: (user + system) / 1000 / (ms * availableParallelism()),
  };
}

interface Block {
  /** Masks a second. */
  service: number;
  bare: number;
  /** Of the cores, while the service ran. */
  clientShare: number;
}

function report(
  pairs: Block[],
  loneMs: Record<"wide" | "narrow", number[]>,
  bytesPerPicture: number,
  settings: { workers: number; threads: number },
): Outcome {
  return {
    bars: [
      atLeast(
        "masks a second over the bare workers'",
        median(pairs.map(({ service, bare }) => service / bare)),
        0.9,
        "x",
      ),
      atLeast(
        "the same, with what the client used given back",
        median(pairs.map(({ service, bare, clientShare }) => service / bare / (1 - clientShare))),
        0.9,
        "x",
      ),
    ],
    detail: {
      ...settings,
      streams,
      pictures,
      "masks a second": {
        service: p50p95(pairs.map(({ service }) => service)),
        bare: p50p95(pairs.map(({ bare }) => bare)),
      },
      "client's share of the cores": p50p95(pairs.map(({ clientShare }) => clientShare)),
      "lone user, ms": { wide: p50p95(loneMs.wide), narrow: p50p95(loneMs.narrow) },
      "resident MiB a picture that becomes warm": round(bytesPerPicture / 2 ** 20),
    },
  };
}
