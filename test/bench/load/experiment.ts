import type { Calibration } from "../../simulation/calibration.js";
import { bareSteps } from "../bare-step.js";
import { machine, round } from "../report.js";
import { type Calibrated, calibrate } from "./calibrate.js";
import { type Cores, divideCores, leaveDecoderAlone } from "./cpu-seconds.js";
import { Rig } from "./rig.js";
import { undisturbed } from "./undisturbed.js";

const bareMs = 3000;

export interface Experiment {
  readonly rig: Rig;
  readonly cores: Cores;
  readonly calibrated: Calibrated;
  readonly calibration: Calibration;
  /** Baseline: the decoder's graph alone in a worker, on one thread, with nothing around it. */
  readonly barePerSecond: number;
}

/** The baseline, then a rig that is calibrated. */
export async function experiment<T>(
  options: { readonly albumSize: number; readonly decoderCacheMiB: number; readonly command: string },
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
  const { result: calibrated, elsewhere } = await undisturbed(rig, say, (attempt) =>
    calibrate(rig, preparedBytes, attempt),
  );
  say(`the decoder's core: at most ${calibrated.saturatedPerSecond} prompts a second`);
  const date = new Date().toISOString().slice(0, 10);
  const source = { command: options.command, date, machine: where, elsewhere: round(elsewhere) };
  const calibration = { source, ...calibrated.measured };
  return await use({ rig, cores, calibrated, calibration, barePerSecond });
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
