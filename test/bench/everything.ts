import {
  DecoderService,
  decodeRle,
  EverythingMode,
  type MaskRuns,
  rleBoundingBox,
  rleIou,
  type SegmentEverythingEvent,
} from "../../proto/index.js";
import { boxIou } from "../../services/decoder/everything/box-nms.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { upload } from "../support/http-calls.js";
import { photographs, type SamplePicture, samplePictures } from "../support/sample-pictures.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { AutomaticMasks } from "./automatic-masks.js";
import { BareModel } from "./bare-model.js";
import { atLeast, type Bar, type Outcome, round, type Suite } from "./report.js";

const threads = 2;

/** What a way of finding everything gave, and what it took. */
interface Run {
  masks: MaskRuns[];
  points: number;
  seconds: number;
  /** Of the whole process, all threads: hardly moved by what else the machine does. */
  cpuSeconds: number;
}

interface Compared {
  name: string;
  reference: Run;
  exhaustive: Run;
  /** The mean of a run before and a run after the others. */
  adaptive: Run;
  /** Share of masks that have their like on the other side, of those of both sides. */
  same: number;
  /** Share of the reference's masks that adaptive mode found. */
  found: number;
}

export const suite: Suite = {
  title: `everything mode through gRPC against Meta's automatic mask generator on the stock graph with ${threads} threads`,
  async run(say) {
    const photos = await photographs();
    const pictures = photos.length > 0 ? photos : await samplePictures();
    const source = photos.length > 0 ? "photographs of MASKWIRE_TEST_PHOTOS" : "the project's own samples";
    await using maskwire = await startMaskwire();
    await using model = await BareModel.load();
    await using generator = await AutomaticMasks.load(threads);
    const rpc = new RpcClient(new URL(maskwire.url).host);
    const compared: Compared[] = [];
    try {
      for (const picture of pictures) {
        const one = await compare(picture, model, generator, maskwire.url, rpc);
        say(
          `${one.name}: ${Object.entries(row(one))
            .map(([what, figure]) => `${what} ${figure}`)
            .join(", ")}`,
        );
        compared.push(one);
      }
    } finally {
      rpc.close();
    }
    return report(source, compared);
  },
};

async function compare(
  { name, bytes }: SamplePicture,
  model: BareModel,
  generator: AutomaticMasks,
  url: string,
  rpc: RpcClient,
): Promise<Compared> {
  const picture = await model.encode(bytes);
  const { image } = await upload(url, bytes);
  const ask = (mode: EverythingMode) => measured(() => everything(rpc, image?.imageId ?? "", mode));
  const found: Parameters<AutomaticMasks["keep"]>[0][number][] = [];
  const half = generator.points / 2;
  // Interleaved, so that a slow minute of the machine is not one side's alone.
  const before = await ask(EverythingMode.ADAPTIVE);
  const first = await measured(() => generator.ask(picture, 0, half, found));
  const exhaustive = await ask(EverythingMode.EXHAUSTIVE);
  const second = await measured(async () => {
    await generator.ask(picture, half, generator.points, found);
    return generator.keep(found);
  });
  const after = await ask(EverythingMode.ADAPTIVE);
  const reference: Run = {
    masks: second.result,
    points: generator.points,
    seconds: first.seconds + second.seconds,
    cpuSeconds: first.cpuSeconds + second.cpuSeconds,
  };
  const adaptive: Run = {
    ...after.result,
    seconds: (before.seconds + after.seconds) / 2,
    cpuSeconds: (before.cpuSeconds + after.cpuSeconds) / 2,
  };
  const all: Run = { ...exhaustive.result, seconds: exhaustive.seconds, cpuSeconds: exhaustive.cpuSeconds };
  const shared = having(reference.masks, all.masks, 0.98) + having(all.masks, reference.masks, 0.98);
  return {
    name,
    reference,
    exhaustive: all,
    adaptive,
    same: shared / (reference.masks.length + all.masks.length),
    found: having(reference.masks, adaptive.masks, 0.9) / reference.masks.length,
  };
}

async function everything(rpc: RpcClient, imageId: string, mode: EverythingMode) {
  const kept = new Map<number, MaskRuns>();
  const events: AsyncIterable<SegmentEverythingEvent> = rpc.serverStream(DecoderService.method.segmentEverything, {
    imageId,
    mode,
  });
  for await (const { event } of events) {
    if (event.case === "found" && event.value.mask?.rle) kept.set(event.value.id, decodeRle(event.value.mask.rle));
    else if (event.case === "retracted") kept.delete(event.value.id);
    else if (event.case === "done") return { masks: [...kept.values()], points: event.value.points };
  }
  throw new Error("everything mode ended without `done`");
}

async function measured<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number; cpuSeconds: number }> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { result, seconds, cpuSeconds: (user + system) / 1e6 };
}

/** How many of `masks` have one of IoU `least` or more among `others`. */
function having(masks: MaskRuns[], others: MaskRuns[], least: number): number {
  const boxes = others.map((other) => ({ other, box: rleBoundingBox(other) }));
  return masks.filter((mask) => {
    const own = rleBoundingBox(mask);
    // Masks that are alike have boxes that overlap; most pairs do not.
    return boxes.some(({ other, box }) => boxIou(box, own) > 0.3 && rleIou(mask, other) >= least);
  }).length;
}

function report(source: string, compared: Compared[]): Outcome {
  const sum = (figure: (one: Compared) => number) => compared.reduce((total, one) => total + figure(one), 0);
  const masks = ({ reference }: Compared) => reference.masks.length;
  const bars: Bar[] = compared.flatMap((one) => [
    atLeast(`${one.name}: exhaustive mode and the generator agree`, one.same, 0.98, "of the masks"),
    atLeast(`${one.name}: adaptive mode finds`, one.found, 0.95, "of the masks"),
    atLeast(`${one.name}: adaptive mode is faster`, one.reference.seconds / one.adaptive.seconds, 8, "times"),
  ]);
  bars.push(
    atLeast(
      "all: exhaustive mode and the generator agree",
      sum((one) => one.same * masks(one)) / sum(masks),
      0.98,
      "of the masks",
    ),
    atLeast("all: adaptive mode finds", sum((one) => one.found * masks(one)) / sum(masks), 0.95, "of the masks"),
    atLeast(
      "all: adaptive mode is faster",
      sum(({ reference }) => reference.seconds) / sum(({ adaptive }) => adaptive.seconds),
      8,
      "times",
    ),
  );
  return {
    bars,
    detail: {
      source,
      "masks, points, seconds, CPU seconds": Object.fromEntries(
        compared.map(({ name, reference, exhaustive, adaptive }) => [
          name,
          { generator: figures(reference), exhaustive: figures(exhaustive), adaptive: figures(adaptive) },
        ]),
      ),
      shares: Object.fromEntries(compared.map((one) => [one.name, row(one)])),
      "all by CPU time, times": round(
        sum(({ reference }) => reference.cpuSeconds) / sum(({ adaptive }) => adaptive.cpuSeconds),
      ),
    },
  };
}

const figures = ({ masks, points, seconds, cpuSeconds }: Run) => [
  masks.length,
  points,
  tenth(seconds),
  tenth(cpuSeconds),
];
const tenth = (value: number) => Math.round(value * 10) / 10;

function row({ reference, exhaustive, adaptive, same, found }: Compared): Record<string, number> {
  return {
    same: round(same),
    found: round(found),
    "exhaustive faster": round(reference.seconds / exhaustive.seconds),
    "adaptive faster": round(reference.seconds / adaptive.seconds),
    "adaptive faster by CPU time": round(reference.cpuSeconds / adaptive.cpuSeconds),
  };
}
