import { expect, it } from "vitest";
import { tinyModelEnv } from "../support/tiny-model.js";
import { playDataSets } from "./data-sets.js";

const say = (line: string) => void process.stdout.write(`${line}\n`);
/** The short form of `npm run chaos -- data-sets`. */
const scale = { modelEnv: tinyModelEnv({ slowDecodes: true }), pictures: 8, people: 3, outageMs: 2000 };

it("data-sets: a job and people go on while what they need is lost, one after the other", {
  timeout: 420_000,
}, async () => {
  const { failures, ...figures } = await playDataSets(scale, say);
  say(`data-sets: ${JSON.stringify(figures)}`);
  expect(failures).toEqual([]);
  expect(figures.saved).toBeGreaterThan(0);
});
