import { afterAll, describe, expect, it } from "vitest";
import { findRedisServer } from "../support/programs.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { Arena } from "./arena/arena.js";
import { linesOf } from "./arena/report.js";
import { attacks } from "./list/index.js";

/** The short form of `npm run attack`: the same attacks, fewer of each, always the same ones. */
const arena = new Arena({
  seed: 1,
  countOf: ({ short }) => short,
  mostMs: 1200,
  aloneMs: 500,
  // The program's own bounds are over by then: half a minute for a body that does not come on. Nobody waits for what is back before.
  settleMs: 45_000,
  judgesFigures: false,
  // Nobody asks what its masks look like, and every stage is there at once.
  env: tinyModelEnv({ allCores: true }),
});

describe.skipIf(!findRedisServer())("nobody may end it", () => {
  afterAll(() => arena[Symbol.asyncDispose]());

  for (const attack of attacks.filter(({ short }) => short > 0)) {
    it(`${attack.name}: ${attack.title}`, { timeout: 120_000 }, async () => {
      const report = await arena.play(attack);
      process.stdout.write(`${linesOf(report)}\n`);
      expect(report.failures).toEqual([]);
    });
  }
});
