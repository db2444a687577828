import { afterAll, describe, expect, it } from "vitest";
import { findRedisServer } from "../support/programs.js";
import { Arena } from "./arena/arena.js";
import { linesOf } from "./arena/report.js";
import { attacks } from "./list/index.js";

/** The short form of `npm run attack`: the same attacks, fewer of each, always the same ones. */
const arena = new Arena({
  seed: 1,
  countOf: ({ short }) => short,
  mostMs: 8000,
  aloneMs: 600,
  settleMs: 15_000,
  judgesFigures: false,
  rehearses: false,
});

/** What the others find is being mended: they join then. */
const withstood = ["fuzz-binary-frames", "fuzz-framing", "many-sessions"];

describe.skipIf(!findRedisServer())("nobody may end it", () => {
  afterAll(() => arena[Symbol.asyncDispose]());

  for (const attack of attacks.filter(({ name }) => withstood.includes(name))) {
    it(`${attack.name}: ${attack.title}`, { timeout: 120_000 }, async () => {
      const report = await arena.play(attack);
      process.stdout.write(`${linesOf(report)}\n`);
      expect(report.failures).toEqual([]);
    });
  }
});
