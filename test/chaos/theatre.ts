import { segmentRequest } from "../../web-client/sdk/session/request.js";
import { segmentOverHttp } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { drawAlbum, type Picture } from "./album.js";
import { ChaosCluster, oneThread } from "./cluster.js";
import { ExpectedMasks } from "./expected-masks.js";
import { Ledger } from "./ledger.js";
import { Person } from "./person.js";
import type { Report } from "./report.js";
import type { Scenario } from "./scenario.js";
import { Stage } from "./stage.js";
import { turnsOn } from "./turns.js";
import { Faults, keyOf } from "./wire-log.js";

/** Who clicks while a scenario is played. */
interface Cast {
  people: number;
  /** Share of what the cluster can do that people ask for: the rest is for what a fault costs. */
  load: number;
  /** Answered clicks before the first fault. */
  clicksBefore: number;
  /** Answered clicks of those made after the last fault. */
  clicksAfter: number;
}

interface Scale extends Cast {
  /** The variables that say which model is served. */
  modelEnv: Record<string, string>;
  /** Pictures that people have open from the beginning. */
  album: number;
  /** Pictures that they open when a scenario says so. */
  fresh: number;
}

/** A scenario that takes longer is broken: every wait of the protocol is shorter. */
const longestMs = 360_000;
const firstSeed = 7000;

/** Most resident memory by kind of process, MiB: models, caches at their default sizes, and room for sessions. */
const mostMiB: Readonly<Record<string, number>> = { gateway: 400, decoder: 1000, encoder: 1500, redis: 1000 };

/** The cluster, the people's pictures with the masks they must get, and the pace: shared by the scenarios played on it. */
export class Theatre implements AsyncDisposable {
  readonly #scale: Scale;
  readonly #album: readonly Picture[];
  readonly #fresh: readonly Picture[];
  readonly #expected: ExpectedMasks;
  #cluster: ChaosCluster | undefined;
  #clicksPerSecond = 0;

  private constructor(scale: Scale, pictures: readonly Picture[], expected: ExpectedMasks) {
    this.#scale = scale;
    this.#album = pictures.slice(0, scale.album);
    this.#fresh = pictures.slice(scale.album);
    this.#expected = expected;
  }

  static async open(scale: Scale, say: (line: string) => void): Promise<Theatre> {
    const pictures = await drawAlbum(scale.album + scale.fresh, firstSeed);
    const expected = await learn(pictures, scale.modelEnv);
    say(`${expected.count} requests on ${pictures.length} pictures learnt from a process that nothing disturbs`);
    const theatre = new Theatre(scale, pictures, expected);
    await theatre.#raise(say);
    return theatre;
  }

  /** Never throws for what the scenario finds: that is in the report. @param cast of this scenario, where it needs fewer people. */
  async play(scenario: Scenario, say: (line: string) => void, cast: Cast = this.#scale): Promise<Report> {
    const cluster = this.#cluster ?? (await this.#raise(say));
    cluster.forgetPeaks();
    const stage = this.#stage(cluster, cast);
    const failures: string[] = [];
    await within(longestMs, act(scenario, stage, cast), () => {
      failures.push(`it waits ${[stage.waits, cluster.waits].join(" and ")}; of the people ${stage.census()}`);
      stage.leave();
    }).catch((error: unknown) => {
      failures.push(error instanceof Error ? error.message : String(error));
    });
    // Those of people who were sent away in the middle of it are nobody's loss.
    const isPlayedOut = failures.length === 0;
    stage.leave();
    const figures = { ...stage.ledger.figures(), ...countsOf(stage.faults) };
    const peakMiB = Object.fromEntries(cluster.peaks().map(([name, bytes]) => [name, Math.ceil(bytes / 2 ** 20)]));
    failures.push(...stage.problems, ...stage.faults.examples);
    if (figures.lost > 0) {
      const words = isPlayedOut ? "were lost" : "still waited when the scenario was given up";
      failures.push(`${figures.lost} clicks ${words}`);
    }
    if (figures.refused > 0) failures.push(`${figures.refused} clicks ended in a refusal`);
    for (const [name, mib] of Object.entries(peakMiB)) {
      const most = mostMiB[name.replace(/-\d+$/, "")];
      if (most !== undefined && mib > most) failures.push(`${name} held ${mib} MiB, more than ${most}`);
    }
    // What is left of a cluster after a failure is no ground for the next scenario.
    if (failures.length > 0) await this.#strike();
    const { notes, people } = stage;
    return {
      scenario: scenario.name,
      people: people.length,
      figures,
      peakMiB,
      notes,
      failures: [...new Set(failures)],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#strike();
  }

  #stage(cluster: ChaosCluster, { people, load }: Cast = this.#scale): Stage {
    return new Stage({
      cluster,
      album: this.#album,
      fresh: this.#fresh,
      expected: this.#expected,
      people,
      load,
      clicksPerSecond: this.#clicksPerSecond,
    });
  }

  /** Starts the cluster, and finds out how fast people may click. */
  async #raise(say: (line: string) => void): Promise<ChaosCluster> {
    this.#cluster = await ChaosCluster.start(this.#scale.modelEnv);
    this.#clicksPerSecond = 0;
    const stage = this.#stage(this.#cluster);
    const { people, clicksBefore } = this.#scale;
    try {
      await stage.open();
      stage.start();
      await stage.answered(people);
      const startedAtMs = performance.now();
      await stage.answered(people + clicksBefore);
      const perSecond = (clicksBefore * 1000) / (performance.now() - startedAtMs);
      await stage.stop();
      this.#clicksPerSecond = perSecond;
      say(
        `the cluster answers ${perSecond.toFixed(0)} clicks a second here (one decoder behind a ${this.#cluster.link.kind})`,
      );
    } finally {
      stage.leave();
    }
    const [example] = [...stage.problems, ...stage.faults.examples];
    if (example !== undefined) throw new Error(`the cluster is wrong before anything is broken: ${example}`);
    return this.#cluster;
  }

  async #strike(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    await cluster?.[Symbol.asyncDispose]();
  }
}

async function act(scenario: Scenario, stage: Stage, { clicksBefore, clicksAfter }: Cast): Promise<void> {
  await stage.open();
  stage.start();
  await stage.answered(clicksBefore);
  await scenario.disturb(stage);
  await stage.answeredSinceFault(clicksAfter);
  await stage.stop();
}

/** Asks one process by itself, with its cache in its own memory, for everything that people will ask. */
async function learn(pictures: readonly Picture[], modelEnv: Record<string, string>): Promise<ExpectedMasks> {
  const expected = new ExpectedMasks();
  const faults = new Faults();
  await using single = await MaskwireProcess.start({ MASKWIRE_ROLE: "all", ...oneThread, ...modelEnv });
  await Promise.all(
    pictures.map(async (picture) => {
      const ledger = new Ledger();
      const person = new Person({ gateways: [single.url], first: 0, ledger, faults, oracle: expected });
      try {
        person.connect();
        person.show(picture);
        await person.settled();
        for (const turn of turnsOn(picture)) await person.take(turn, () => person.previewed());
        await learnPreviews(single.url, picture, expected);
      } finally {
        person.leave();
      }
    }),
  );
  if (faults.examples.length > 0) throw new Error(`even undisturbed: ${faults.examples[0]}`);
  expected.close();
  return expected;
}

/** The page by itself asks for previews only while they are quick, which is a matter of the machine. */
async function learnPreviews(url: string, picture: Picture, expected: ExpectedMasks): Promise<void> {
  for (const gesture of turnsOn(picture).flat()) {
    if (gesture.kind !== "hover") continue;
    const { x, y } = gesture;
    const request = segmentRequest(0, { points: [{ x, y, label: 1 }], box: undefined, mask: undefined }, true);
    const result = await segmentOverHttp(url, { ...request, imageId: picture.imageId });
    const problem = expected.check(keyOf(picture.imageId, request), result);
    if (problem !== undefined) throw new Error(`even undisturbed: ${problem}`);
  }
}

const countsOf = ({ wrong, disordered, repeated }: Faults) => ({ wrong, disordered, repeated });

async function within(ms: number, work: Promise<void>, giveUp: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${ms / 1000} s`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } catch (error) {
    giveUp();
    work.catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
