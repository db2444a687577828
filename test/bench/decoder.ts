import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { decoderSession, spinUs } from "../../services/decoder/graphs/decoder-session.js";
import { checkParity, type ParityReport } from "../../services/decoder/rewrite/check-parity.js";
import { discLogits, type ParityPrompt, uniform } from "../../services/decoder/rewrite/parity-prompts.js";
import { rewriteDecoder } from "../../services/decoder/rewrite/rewrite-decoder.js";
import { runtimeOptions } from "../../services/inference/models/create-session.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../services/inference/models/model-file.js";
import { photographs, type SamplePicture, samplePictures } from "../support/sample-pictures.js";
import { BareModel } from "./bare-model.js";
import { asJson, asText, atLeast, atMost, type Outcome, round, type Suite } from "./report.js";
import { median } from "./statistics.js";

const threads = 2;
/** Sessions whose threads still settle disturb each other, so each runs a block at a time, and the first run is not timed. */
const blocks = 12;
const runsOfBlock = 6;
const pauseMs = 40;
const promptsOfPicture = 100;
/** Each gives other prompts; one in several hundred prompts amplifies rounding a hundredfold, so one round says little. */
const seeds = [7, 11, 13];
const side = 1024;

type Kind = { points: number; box?: boolean; mask?: boolean; atLeast: number };

/** What is asked, and how much faster than the stock graph it must be. */
const kinds: Readonly<Record<string, Kind>> = {
  "one point": { points: 1, atLeast: 2.4 },
  box: { points: 0, box: true, atLeast: 2.4 },
  "five points": { points: 5, atLeast: 1.9 },
  "one point and a mask": { points: 1, mask: true, atLeast: 1.9 },
  "twenty points": { points: 20, atLeast: 1 },
};

export const suite: Suite = {
  title: `the rewritten decoder against the stock one, ${threads} threads, ${blocks} interleaved blocks of ${runsOfBlock}`,
  async run(say) {
    const manifest = Manifest.read();
    const stock = await readFile(await verifyModelFile(manifest.get(manifest.defaultId).decoder, manifest));
    const rewritten = rewriteDecoder(stock);
    const photos = await photographs();
    const embeddings = await embed(photos.length > 0 ? photos : await samplePictures());

    const exactness: Record<string, ParityReport> = {};
    for (const seed of seeds) {
      const random = uniform(seed);
      for (const [name, embedding] of Object.entries(embeddings)) {
        const prompts = Array.from({ length: promptsOfPicture }, (_, i) => randomPrompt(i, random));
        const session = decoderSession(threads);
        const report = await checkParity(stock, rewritten, { session, embedding, prompts });
        exactness[`${name}, seed ${seed}`] = report;
        const within = report.maxLogitDifference.toExponential(1);
        say(`${name}, seed ${seed}: logits within ${within} over ${prompts.length} prompts`);
      }
    }

    const random = uniform(7);
    const plain = decoderSession(threads);
    const sessions = {
      stock: await InferenceSession.create(stock, runtimeOptions({ threads, spinUs })),
      prefix: await InferenceSession.create(rewritten.prefix, plain),
      step: await InferenceSession.create(rewritten.step, plain),
      stepWithMask: await InferenceSession.create(rewritten.stepWithMask, plain),
    };
    const [embedding] = Object.values(embeddings);
    const image = new Tensor("float32", embedding as Float32Array, [1, 256, 64, 64]);
    const prepared = await sessions.prefix.run({ image_embeddings: image });
    const times: Record<string, { stock: number; rewritten: number; times: number; "by CPU time": number }> = {};
    for (const [name, kind] of Object.entries(kinds)) {
      const { points, mask } = tensors(kind, random);
      const stockFeeds = {
        image_embeddings: image,
        ...points,
        mask_input: mask,
        has_mask_input: new Tensor("float32", Float32Array.of(kind.mask ? 1 : 0), [1]),
        // The smallest picture, so that the resize inside the export does not count in our favour.
        orig_im_size: new Tensor("float32", Float32Array.of(1, 1), [2]),
      };
      const feeds = { ...prepared, ...points, ...(kind.mask ? { mask_input: mask } : {}) };
      const step = kind.mask ? sessions.stepWithMask : sessions.step;
      const [a, b] = await interleaved([() => sessions.stock.run(stockFeeds), () => step.run(feeds)]);
      times[name] = {
        stock: round(a.wallMs),
        rewritten: round(b.wallMs),
        times: round(a.wallMs / b.wallMs),
        "by CPU time": round(a.cpuMs / b.cpuMs),
      };
      say(`${name}: ${a.wallMs.toFixed(1)} ms, rewritten ${b.wallMs.toFixed(1)} ms`);
    }
    const [prefix] = await interleaved([() => sessions.prefix.run({ image_embeddings: image })]);
    await Promise.all(Object.values(sessions).map((session) => session.release()));
    return report(times, prefix.wallMs, exactness);
  },
};

function report(
  times: Record<string, { times: number }>,
  prefixMs: number,
  exactness: Record<string, ParityReport>,
): Outcome {
  const reports = Object.values(exactness);
  const flips = reports.reduce((sum, { signFlips }) => sum + signFlips, 0);
  const compared = reports.reduce((sum, one) => sum + one.compared, 0);
  const over = reports.reduce((sum, { promptsOver }) => sum + promptsOver, 0);
  const worst = Math.max(...reports.map(({ maxLogitDifference }) => maxLogitDifference));
  return {
    bars: [
      ...Object.entries(kinds).map(([name, kind]) =>
        atLeast(`${name}, faster than stock`, times[name]?.times ?? Number.NaN, kind.atLeast, "times"),
      ),
      atMost("largest difference of a logit", worst, 1e-3, "logits"),
      atMost("prompts with a larger difference", (100 * over) / (reports.length * promptsOfPicture), 0, "in a hundred"),
      atMost("pixels of another sign", (1e6 * flips) / compared, 1, "in a million"),
    ],
    detail: {
      "a prompt, ms": times,
      "prefix, once an image, ms": round(prefixMs),
      "against stock": Object.fromEntries(
        Object.entries(exactness).map(
          ([name, { maxLogitDifference, maxScoreDifference, promptsOver, signFlips, compared: all }]) => [
            name,
            { maxLogitDifference, maxScoreDifference, promptsOver, signFlips, compared: all },
          ],
        ),
      ),
    },
  };
}

/** The pictures' embeddings by name, float32 [256 * 64 * 64]. */
async function embed(pictures: SamplePicture[]): Promise<Record<string, Float32Array>> {
  await using model = await BareModel.load();
  const embeddings: Record<string, Float32Array> = {};
  for (const { name, bytes } of pictures) {
    embeddings[name] = (await model.encode(bytes)).embedding.data as Float32Array;
  }
  return embeddings;
}

/** Medians of each way's wall clock and means of its CPU time, a run; blocks take turns. */
async function interleaved<T extends (() => Promise<unknown>)[]>(
  ways: [...T],
): Promise<{ [K in keyof T]: { wallMs: number; cpuMs: number } }> {
  const wall = ways.map((): number[] => []);
  const cpu = ways.map(() => 0);
  for (let block = 0; block < blocks; block++) {
    for (const [index, run] of ways.entries()) {
      await pause(pauseMs);
      await run();
      const before = process.cpuUsage();
      for (let i = 0; i < runsOfBlock; i++) {
        const startedAt = performance.now();
        await run();
        wall[index]?.push(performance.now() - startedAt);
      }
      const { user, system } = process.cpuUsage(before);
      cpu[index] = (cpu[index] ?? 0) + (user + system) / 1000;
    }
  }
  const results = ways.map((_, index) => ({
    wallMs: median(wall[index] ?? []),
    cpuMs: (cpu[index] ?? 0) / (blocks * runsOfBlock),
  }));
  return results as { [K in keyof T]: { wallMs: number; cpuMs: number } };
}

function randomPrompt(index: number, random: () => number): ParityPrompt {
  const names = Object.keys(kinds);
  const name = names[index % names.length] as string;
  const kind = kinds[name] as Kind;
  return { name, points: randomPoints(kind, random), withMask: kind.mask ?? false };
}

/** As fractions of the model's input, a pad last where there is no box. */
function randomPoints({ points, box }: Kind, random: () => number): [x: number, y: number, label: number][] {
  if (box) {
    const [x, y] = [0.6 * random(), 0.6 * random()];
    return [
      [x, y, 2],
      [x + 0.1 + 0.3 * random(), y + 0.1 + 0.3 * random(), 3],
    ];
  }
  const clicks = Array.from({ length: points }, (_, i): [number, number, number] => [
    random(),
    random(),
    i % 3 < 2 ? 1 : 0,
  ]);
  return [...clicks, [0, 0, -1]];
}

function tensors(kind: Kind, random: () => number) {
  const points = randomPoints(kind, random);
  const coords = Float32Array.from(points.flatMap(([x, y]) => [side * x, side * y]));
  const labels = Float32Array.from(points, ([, , label]) => label);
  return {
    points: {
      point_coords: new Tensor("float32", coords, [1, labels.length, 2]),
      point_labels: new Tensor("float32", labels, [1, labels.length]),
    },
    mask: new Tensor("float32", discLogits(256, random), [1, 1, 256, 256]),
  };
}

// By itself: node dist/test/bench/decoder.js [--json]
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outcome = await suite.run((line) => void process.stderr.write(`${line}\n`), []);
  const text = process.argv.includes("--json") ? asJson("decoder", outcome) : asText("decoder", outcome);
  process.stdout.write(`${text}\n`);
}
