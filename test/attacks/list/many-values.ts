import type { Attack, Target } from "../attack.js";
import { inParallel } from "../tally.js";
import { pick } from "../wire/mutate-bytes.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";

const atOnce = 20;
const path = "/v1/datasets/1/objects";
const count = 1_000_000;

/** A few megabytes of JSON that are a hundred times as much once they are parsed. */
const bodies = ["{}", "[]", "1", '{"a":1}'].map((value) => Buffer.from(`{"changes":[${`${value},`.repeat(count)}{}]}`));

export const manyValues: Attack = {
  name: "many-values",
  title: "bodies of a million values, twenty at once",
  setting: "roles",
  unit: "requests",
  count: 400,
  short: atOnce,
  async run({ gateway, from }: Target, random, tally) {
    tally.begin();
    await inParallel(atOnce, tally, async () => {
      tally.try();
      const answer = await exchange(gateway, from, post(path, pick(random, bodies)), {
        lingerMs: tally.patienceMs(20_000),
      });
      tellHttp(answer, tally);
    });
  },
};
