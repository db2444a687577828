import type { Calibration } from "../../simulation/calibration.js";
import { bareSteps } from "../bare-step.js";
import { machine, round } from "../report.js";
import { type Calibrated, Calibrator } from "./calibrate.js";
import { type Cores, divideCores, leaveDecoderAlone } from "./cpu-seconds.js";
import { Rig } from "./rig.js";
import { Patience } from "./undisturbed.js";

const bareMs = 3000;
/** Before the first point there is nothing yet to plan with. */
const firstRounds = 2;

export interface Experiment {
  readonly rig: Rig;
  readonly cores: Cores;
  /** Baseline: the decoder's graph alone in a worker, on one thread, with nothing around it. */
  readonly barePerSecond: number;
  readonly patience: Patience;
  /** One more round of calibration, to lie beside the points that are compared with it. */
  calibrate(): Promise<void>;
  /** From all rounds so far. */
  calibrated(): Calibrated & { readonly calibration: Calibration };
}

/** The baseline, then a rig that is calibrated. */
export async function experiment<T>(
  options: {
    readonly albumSize: number;
    readonly decoderCacheMiB: number;
    readonly command: string;
    readonly patienceSeconds: number;
  },
  say: (line: string) => void,
  use: (experiment: Experiment) => Promise<T>,
): Promise<T> {
  const where = machine();
  const { barePerSecond, preparedBytes } = await baseline();
  say(`the bare graph: ${round(barePerSecond)} decodes a second`);
  const cores = divideCores();
  leaveDecoderAlone(cores);
  say(cores.words);
  await using rig = await Rig.start({ cores, ...options });
  const patience = new Patience(options.patienceSeconds);
  const calibrator = new Calibrator(rig, preparedBytes, patience, say);
  await calibrator.warmUp();
  for (let left = firstRounds; left > 0; left--) await calibrator.round();
  const calibrated = () => {
    const found = calibrator.calibrated();
    const date = new Date().toISOString().slice(0, 10);
    const source = { command: options.command, date, machine: where, elsewhere: found.elsewhere };
    return { ...found, calibration: { source, ...found.measured } };
  };
  say(`the decoder's core: at most ${calibrated().saturatedPerSecond} prompts a second`);
  return await use({ rig, cores, barePerSecond, patience, calibrate: () => calibrator.round(), calibrated });
}

async function baseline(): Promise<{ barePerSecond: number; preparedBytes: number }> {
  const { runners, preparedBytes } = await bareSteps(1);
  try {
    const [runner] = runners;
    const { runs = 0, ms = 1 } = (await runner?.runFor(bareMs)) ?? {};
    return { barePerSecond: (1000 * runs) / ms, preparedBytes };
  } finally {
    for (const runner of runners) await runner[Symbol.asyncDispose]();
  }
}
