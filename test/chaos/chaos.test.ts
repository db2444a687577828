import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRedisServer } from "../support/programs.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { lineOf } from "./report.js";
import { scenarios } from "./scenarios/index.js";
import { Theatre } from "./theatre.js";

/** The short form of `npm run chaos`: fewer people, pictures and clicks, and the processors' time for what runs beside it. */
const scale = { people: 20, load: 0.3, album: 3, fresh: 2, clicksBefore: 30, clicksAfter: 50 };
/** Past the time that a scenario itself may take, so that its own report says what hung. */
const mostMs = 420_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Six minutes beside the rest of the suite, of seven that there are: `npm run chaos` alone plays it. */
const ofSuite = scenarios.filter(({ name }) => name !== "videos");

// Where a click goes when something is broken is no matter of the model: `npm run chaos` plays with the real one.
describe.skipIf(!findRedisServer())("nothing is lost with the tiny model", () => {
  let theatre: Theatre;

  beforeAll(async () => {
    theatre = await Theatre.open({ ...scale, modelEnv: tinyModelEnv({ slowEncodes: true }) }, say);
  }, mostMs);
  afterAll(async () => {
    await theatre?.[Symbol.asyncDispose]();
  });

  for (const scenario of ofSuite) {
    it(`${scenario.name}: ${scenario.title}`, { timeout: mostMs }, async () => {
      const report = await theatre.play(scenario, say);
      say(lineOf(report));
      expect(report.failures).toEqual([]);
    });
  }
});
