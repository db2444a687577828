import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRedisServer } from "../support/programs.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { lineOf } from "./report.js";
import { scenarios } from "./scenarios/index.js";
import { fewVideos, videos } from "./scenarios/videos.js";
import { Theatre } from "./theatre.js";

/** The short form of `npm run chaos`: fewer people, pictures and clicks, and the processors' time for what runs beside it. */
const scale = { people: 20, load: 0.3, album: 3, fresh: 2, clicksBefore: 30, clicksAfter: 50 };
/** Past the time that a scenario itself may take, so that its own report says what hung. */
const mostMs = 420_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** A video waits for all that is lost, and people click meanwhile: a few of them, for as long as it takes. */
const few = { people: 6, load: 0.1, clicksBefore: 6, clicksAfter: 12 };

// Where a click goes when something is broken is no matter of the model: `npm run chaos` plays with the real one.
describe.skipIf(!findRedisServer())("nothing is lost with the tiny model", () => {
  let theatre: Theatre;

  beforeAll(async () => {
    theatre = await Theatre.open({ ...scale, modelEnv: tinyModelEnv({ slowEncodes: true }) }, say);
  }, mostMs);
  afterAll(async () => {
    await theatre?.[Symbol.asyncDispose]();
  });

  for (const [scenario, cast] of scenarios.map((one) =>
    one === videos ? ([fewVideos, few] as const) : ([one] as const),
  )) {
    it(`${scenario.name}: ${scenario.title}`, { timeout: mostMs }, async () => {
      const report = await theatre.play(scenario, say, cast);
      say(lineOf(report));
      expect(report.failures).toEqual([]);
    });
  }
});
