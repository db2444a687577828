import { writeFile } from "node:fs/promises";
import { type Comparison, compare, comparisonBars } from "./load/compare.js";
import { type Experiment, experiment } from "./load/experiment.js";
import { measurePoint, type Point, type PointOptions } from "./load/measure-point.js";
import { mostGood, nextTry } from "./load/search.js";
import { habitOptions, habitsOf, patienceOption, promptsPerSecond } from "./load/workload.js";
import { optionLines, readOptions, UsageError } from "./options.js";
import { atLeast, type Outcome, round, type Suite } from "./report.js";

const options = {
  ...habitOptions,
  sessions: { value: 0, what: "so many and no search; 0 searches" },
  "p95-ms": { value: 100, what: "what 95 % of the clicks must be within" },
  runs: { value: 2, what: "in how many runs, each with other people" },
  "duration-s": { value: 24, what: "how long each number of sessions is measured, others' doings left out" },
  "warm-up-s": { value: 15, what: "before that, uncounted" },
  "limit-s": {
    value: 600,
    what: "after so long no further number of sessions is tried, and the report is of those before",
  },
  ...patienceOption,
  album: { value: 200, what: "pictures that are encoded already" },
  "decoder-cache-mib": { value: 256, what: "the decoder's MASKWIRE_DECODER_CACHE_BYTES" },
  seed: { value: 1, what: "of everybody's plans" },
} as const;

/** Where the search begins: at this share of what the decoder's core can answer. */
const firstUse = 0.45;
/** Nearer than this, chance decides. */
const grain = 0.08;

export const suite: Suite = {
  title:
    "The most WebSocket sessions on a decoder of one core, with every process by itself and clicks timed from their intent",
  options: `${optionLines(options)}\n  --calibration FILE       writes what the simulation takes from this machine`,
  async run(say, args): Promise<Outcome> {
    const startedAt = performance.now();
    const { numbers, texts } = readOptions(args, options, ["calibration="]);
    if (numbers.album < 1 || numbers["duration-s"] <= 0)
      throw new UsageError("--album and --duration-s must be over 0");
    // Where the file lies is nobody's business but this machine's.
    const said = args.map((arg) => (texts.calibration === undefined ? arg : arg.replace(texts.calibration, "FILE")));
    const command = ["npm run -s bench -- load", ...said].join(" ");
    const rigOptions = {
      albumSize: numbers.album,
      decoderCacheMiB: numbers["decoder-cache-mib"],
      patienceSeconds: numbers["patience-s"],
      command,
    };
    const plan = {
      habits: habitsOf(numbers, numbers.album),
      seed: numbers.seed,
      warmUpMs: 1000 * numbers["warm-up-s"],
      measureMs: 1000 * numbers["duration-s"],
      runs: Math.max(1, Math.round(numbers.runs)),
    };
    return experiment(rigOptions, say, async (found) => {
      const limits = { p95Ms: numbers["p95-ms"], untilMs: startedAt + 1000 * numbers["limit-s"] };
      const points = await measure(found, plan, numbers.sessions, limits, say);
      const calibrated = found.calibrated();
      if (texts.calibration !== undefined) {
        await writeFile(texts.calibration, `${JSON.stringify(calibrated.calibration, undefined, 2)}\n`);
      }
      const people = { ...plan, decoderCacheBytes: found.rig.decoderCacheBytes };
      const compared = points.map((point) => compare(point, people, calibrated));
      return report(found, plan, points, compared, numbers["p95-ms"]);
    });
  },
};

const isGood = ({ p95Ms, problems }: Point, limitMs: number) => p95Ms <= limitMs && problems.length === 0;

async function measure(
  { rig, patience, calibrate, calibrated }: Experiment,
  plan: Omit<PointOptions, "sessions">,
  fixed: number,
  limits: { readonly p95Ms: number; readonly untilMs: number },
  say: (line: string) => void,
): Promise<Point[]> {
  const points: Point[] = [];
  const tryOut = async (sessions: number) => {
    const point = await measurePoint(rig, { ...plan, sessions }, patience, calibrate);
    points.push(point);
    const noise = point.isDisturbed ? ", while others were busy" : "";
    say(`${sessions} sessions: ${point.answeredPerSecond} clicks a second, p95 ${point.p95Ms} ms${noise}`);
    await calibrate();
  };
  if (fixed > 0) {
    await tryOut(fixed);
    return points;
  }
  const first = Math.ceil((firstUse * calibrated().saturatedPerSecond) / promptsPerSecond(1, plan.habits));
  const tried = () => points.map((point) => ({ sessions: point.sessions, ok: isGood(point, limits.p95Ms) }));
  const next = () => (performance.now() < limits.untilMs ? nextTry(tried(), first, grain) : undefined);
  for (let sessions = next(); sessions !== undefined; sessions = next()) {
    await tryOut(sessions);
  }
  return points.sort((a, b) => a.sessions - b.sessions);
}

function report(
  { cores, calibrated, barePerSecond }: Experiment,
  plan: Omit<PointOptions, "sessions">,
  points: Point[],
  compared: Comparison[],
  limitMs: number,
): Outcome {
  const { calibration, saturatedPerSecond, loneMs } = calibrated();
  const most = mostGood(points.map((point) => ({ sessions: point.sessions, ok: isGood(point, limitMs) })));
  const best = points.find(({ sessions }) => sessions === most);
  const disturbed = points.filter(({ isDisturbed }) => isDisturbed).map(({ sessions }) => sessions);
  // Where the queue grows without end its length is a matter of when one looks.
  const steady = compared.filter(
    ({ sessions, measured }) => measured.p95Ms <= limitMs && !disturbed.includes(sessions),
  );
  return {
    bars: [
      atLeast(
        "decodes a second at that many sessions / bare graph's",
        (best?.decodesPerSecond ?? 0) / barePerSecond,
        0.5,
        "x",
      ),
      ...(steady.length === 0 ? [] : comparisonBars(steady)),
    ],
    detail: {
      [`sessions on one decoder core with click p95 <= ${limitMs} ms`]: most,
      "clicks a second then": best?.answeredPerSecond ?? 0,
      "baseline, bare graph, decodes a second": round(barePerSecond),
      "saturated service, prompts a second": saturatedPerSecond,
      "a click that finds the worker free, ms": loneMs,
      "measured while others were busy, sessions": disturbed,
      habits: { ...plan.habits },
      cores: cores.words,
      "measured by sessions": Object.fromEntries(points.map(({ sessions, ...point }) => [sessions, point])),
      "simulated by sessions": Object.fromEntries(compared.map(({ sessions, ...rest }) => [sessions, rest])),
      calibration,
    },
  };
}
