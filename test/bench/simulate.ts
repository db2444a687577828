import { type Calibration, readCalibration } from "../simulation/calibration.js";
import { type Bill, billOf } from "../simulation/cost.js";
import { type Demand, planFor, scalingOf } from "../simulation/sizing.js";
import { compare, comparisonBars } from "./load/compare.js";
import { experiment } from "./load/experiment.js";
import { measurePoint, type Point } from "./load/measure-point.js";
import { habitOptions, habitsOf, patienceOption, promptsPerSecond } from "./load/workload.js";
import { optionLines, readOptions } from "./options.js";
import { atMost, type Bar, type Outcome, round, type Suite } from "./report.js";

const options = {
  ...habitOptions,
  "new-share": { value: 0.5, what: "share of opened pictures that nobody has opened before" },
  "active-percent": { value: 5, what: "of all users, at work at the busiest moment" },
  "p95-ms": { value: 100, what: "what 95 % of the clicks must be within" },
  "ready-p95-ms": { value: 3000, what: "what 95 % of the new pictures must be ready within" },
  spare: { value: 0.25, what: "capacity beyond what is needed, for what fails or is replaced" },
  "decoder-workers": { value: 2, what: "cores of one decoder" },
  "decoder-cache-mib": { value: 1024, what: "a decoder's MASKWIRE_DECODER_CACHE_BYTES" },
  "cell-decoders": { value: 8, what: "decoders that share pictures at the most; more make another cell" },
  "gateway-sessions": { value: 500, what: "sessions on one gateway, which has a core" },
  "cache-mib-s": { value: 500, what: "what one cache server can hand out" },
  "file-mib": { value: 3, what: "an uploaded picture" },
  "cache-overhead": { value: 1.3, what: "what the cache takes for an embedding over its bytes (suite footprint)" },
  "kept-hours": { value: 8, what: "busiest hours within which people come back to a picture" },
  "core-hour": { value: 0.04, what: "price of a core for an hour" },
  "gpu-hour": { value: 0.7, what: "price of a GPU for an hour" },
  "gib-hour": { value: 0.006, what: "price of a GiB of the cache's memory for an hour" },
  "gpu-encode-ms": { value: 50, what: "a GPU's time for a picture: ASSUMED, never measured" },
  "check-duration-s": { value: 90, what: "--check: how long each load is measured, others' doings left out" },
  "check-percent": { value: 0, what: "--check: at this share of what the decoder's core can answer; 0: at three" },
  ...patienceOption,
  seed: { value: 1, what: "of everybody's plans" },
} as const;

type Numbers = Record<keyof typeof options, number>;

/** Of all who have an account; each is a row. */
const users = [1e3, 1e5, 1e7];
/** Shares of what the decoder's core can answer at which paper and reality are compared. */
const checkedUses = [0.3, 0.5, 0.65];

export const suite: Suite = {
  title: "On paper, from measurement: what a thousand, a hundred thousand and ten million users need",
  options: [
    optionLines(options),
    "  --calibration FILE       measured by the suite load (test/simulation/calibration.json)",
    "  --check                  instead runs real processes and the simulation side by side",
  ].join("\n"),
  async run(say, args): Promise<Outcome> {
    const { numbers, texts, flags } = readOptions(args, options, ["calibration=", "check"]);
    return flags.has("check") ? check(numbers, say) : size(numbers, readCalibration(texts.calibration), say);
  },
};

/** The same people, with the same plans, at real processes and on paper. */
async function check(numbers: Numbers, say: (line: string) => void): Promise<Outcome> {
  const albumSize = 200;
  const decoderCacheMiB = 256;
  // New pictures would take the driver's core from it where there are two.
  const habits = { ...habitsOf(numbers, albumSize), newShare: 0.05 };
  const plan = { habits, seed: numbers.seed, warmUpMs: 15_000, measureMs: 1000 * numbers["check-duration-s"], runs: 3 };
  const command = "npm run -s bench -- simulate --check";
  const uses = numbers["check-percent"] > 0 ? [numbers["check-percent"] / 100] : checkedUses;
  const rigOptions = { albumSize, decoderCacheMiB, patienceSeconds: numbers["patience-s"], command };
  return experiment(rigOptions, say, async ({ rig, cores, patience, calibrate, calibrated }) => {
    const points: Point[] = [];
    for (const use of uses) {
      const sessions = Math.round((use * calibrated().saturatedPerSecond) / promptsPerSecond(1, habits));
      const point = await measurePoint(rig, { ...plan, sessions }, patience, calibrate);
      if (point.problems.length > 0) throw new Error(point.problems.join("; "));
      points.push(point);
      say(`${sessions} sessions: mean ${point.meanMs} ms, p95 ${point.p95Ms} ms`);
      if (point.isDisturbed) say("others were busy meanwhile");
      await calibrate();
    }
    const found = calibrated();
    const { calibration, loneMs, saturatedPerSecond } = found;
    const people = { ...plan, decoderCacheBytes: rig.decoderCacheBytes };
    const comparisons = points.map((point) => compare(point, people, found));
    const rows = comparisons.map(({ sessions, ...rest }, at) => [
      `${sessions} sessions`,
      { ...rest, clicks: points[at]?.clicks, isDisturbed: points[at]?.isDisturbed },
    ]);
    const general = { cores: cores.words, "saturated, prompts a second": saturatedPerSecond, "lone, ms": loneMs };
    return { bars: comparisonBars(comparisons), detail: { ...general, ...Object.fromEntries(rows), calibration } };
  });
}

function size(numbers: Numbers, calibration: Calibration, say: (line: string) => void): Outcome {
  const demand: Demand = {
    // Two people seldom open the same picture.
    habits: habitsOf(numbers, 1_000_000),
    clickP95Ms: numbers["p95-ms"],
    encodeP95Ms: numbers["ready-p95-ms"],
    workers: numbers["decoder-workers"],
    decoderCacheBytes: numbers["decoder-cache-mib"] * 2 ** 20,
    sessionsPerGateway: numbers["gateway-sessions"],
    cellDecoders: numbers["cell-decoders"],
    cacheBytesPerSecond: numbers["cache-mib-s"] * 2 ** 20,
    span: { seed: numbers.seed, warmUpMs: 15_000, measureMs: 30_000 },
  };
  const scaling = scalingOf(demand, calibration);
  for (const { decoders, sessionsPerCore } of scaling) {
    say(`${decoders} decoders: ${round(sessionsPerCore)} sessions a core`);
  }
  const bars: Bar[] = [];
  const tiers: Record<string, unknown> = {};
  for (const count of users) {
    const active = Math.ceil((count * numbers["active-percent"]) / 100);
    for (const encoder of ["core", "gpu"] as const) {
      const encodeMs = encoder === "gpu" ? numbers["gpu-encode-ms"] : calibration.encodeMs;
      const plan = planFor(active, scaling, { encodeMs }, demand, calibration, numbers.spare);
      const storage = {
        fileMiB: numbers["file-mib"],
        overhead: numbers["cache-overhead"],
        keptHours: numbers["kept-hours"],
      };
      const prices = {
        perCoreHour: numbers["core-hour"],
        perGpuHour: numbers["gpu-hour"],
        perGibHour: numbers["gib-hour"],
      };
      const hardware = { workers: demand.workers, encoder, gatewayCores: 1 };
      const bill = billOf(plan, active, demand.habits, calibration, hardware, storage, prices);
      const { figures } = plan.cell;
      const name = `${count.toLocaleString("en")} users, encoders on ${encoder === "gpu" ? "GPUs (assumed)" : "cores"}`;
      tiers[name] = { active, cells: plan.cells, ...rounded(bill), clickP95Ms: round(figures.p95Ms) };
      if (encoder === "core") {
        bars.push(atMost(`click p95, ${count.toLocaleString("en")} users`, figures.p95Ms, demand.clickP95Ms, "ms"));
      }
      say(name);
    }
  }
  const [smaller, whole] = scaling.slice(-2);
  if (smaller && whole) {
    const change = Math.abs(whole.sessionsPerCore / smaller.sessionsPerCore - 1);
    bars.push(atMost(`sessions a core, ${whole.decoders} decoders against ${smaller.decoders}`, change, 0.1, "of it"));
  }
  return {
    bars,
    detail: {
      tiers,
      "sessions by decoders that share pictures": Object.fromEntries(
        scaling.map(({ decoders, sessions, sessionsPerCore }) => [
          decoders,
          { sessions, sessionsPerCore: round(sessionsPerCore) },
        ]),
      ),
      assumptions: numbers,
      calibration: calibration.source,
    },
  };
}

function rounded({ perHour, ...bill }: Bill) {
  const short = (one: Record<string, number>) =>
    Object.fromEntries(Object.entries(one).map(([name, value]) => [name, Number(value.toPrecision(4))]));
  return { ...short(bill), perHour: short(perHour) };
}
