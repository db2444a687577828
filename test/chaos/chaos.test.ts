import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRedisServer } from "../support/programs.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { lineOf } from "./report.js";
import { scenarios } from "./scenarios/index.js";
import { Theatre } from "./theatre.js";

/** The short form of `npm run chaos`: as many people, fewer clicks, and the processors' time for what runs beside it. */
const scale = { people: 50, load: 0.3, album: 5, fresh: 3, clicksBefore: 60, clicksAfter: 100 };
/** An encode of the real model takes a second or two of the whole machine, and every picture is encoded three times; a click a tenth. */
const realScale = { ...scale, people: 12, album: 1, fresh: 1, clicksBefore: 12, clicksAfter: 24 };
/** Past the time that a scenario itself may take, so that its own report says what hung. */
const mostMs = 420_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Six minutes beside the rest of the suite, of seven that there are: `npm run chaos` alone plays it. */
const ofSuite = scenarios.filter(({ name }) => name !== "videos");

// Where a click goes when something is broken is no matter of the model: the real one plays one scenario.
describe.skipIf(!findRedisServer()).each([
  { model: "tiny", scale: { ...scale, modelEnv: tinyModelEnv({ slowEncodes: true }) }, played: ofSuite },
  {
    model: "default",
    scale: { ...realScale, modelEnv: {} },
    played: scenarios.filter(({ name }) => name === "encoder-killed"),
  },
])("nothing is lost with the $model model", ({ scale, played }) => {
  let theatre: Theatre;

  beforeAll(async () => {
    theatre = await Theatre.open(scale, say);
  }, mostMs);
  afterAll(async () => {
    await theatre?.[Symbol.asyncDispose]();
  });

  for (const scenario of played) {
    it(`${scenario.name}: ${scenario.title}`, { timeout: mostMs }, async () => {
      const report = await theatre.play(scenario, say);
      say(lineOf(report));
      expect(report.failures).toEqual([]);
    });
  }
});
