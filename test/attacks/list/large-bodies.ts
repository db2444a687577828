import type { Random } from "../../simulation/random.js";
import type { Attack, Target } from "../attack.js";
import { inParallel } from "../tally.js";
import { pick } from "../wire/mutate-bytes.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";

const lanes = 8;

type Body = readonly [path: string, text: string];

/** Messages that are as large as they may be, and nearly right: all of them is read. */
function bodies({ imageId }: Target): Body[] {
  const masks = (count: number, letters: number) =>
    Array(count).fill({ object: 1, rle: { counts: "1".repeat(letters), size: [480, 640] } });
  const known = Array(6).fill({ frame: 1, masks: masks(16, 80_000) });
  const points = Array(128).fill({ x: 1, y: 1 });
  const steps = Array(32).fill({ prompt: { points }, mask: 7 });
  return [
    ["/v1/track", JSON.stringify({ imageIds: Array(20_000).fill(imageId), known })],
    ["/v1/track", JSON.stringify({ imageIds: Array(100_000).fill(imageId) })],
    ["/v1/segment", JSON.stringify({ imageId, prompt: { points, mask: { previous: { sequence: 1, steps } } } })],
    [
      "/v1/segment",
      JSON.stringify({ imageId, prompt: { mask: { rle: { counts: "1".repeat(900_000), size: [480, 640] } } } }),
    ],
    ["/v1/everything", JSON.stringify({ imageId, text: "a".repeat(900_000) })],
    [
      "/v1/datasets/1/objects",
      JSON.stringify({
        changes: Array(2000).fill({ object: { rle: { counts: "1".repeat(10_000), size: [480, 640] } } }),
      }),
    ],
  ];
}

export const largeBodies: Attack = {
  name: "large-bodies",
  title: "requests whose JSON is as large as it may be, a few at once, again and again",
  setting: "single",
  unit: "requests",
  count: 1000,
  short: 12,
  opensMore: true,
  async run(target: Target, random: Random, tally) {
    const all = bodies(target);
    tally.begin();
    await inParallel(lanes, tally, async () => {
      const [path, text] = pick(random, all);
      tally.try();
      tellHttp(
        await exchange(target.gateway, target.from, post(path, text), { lingerMs: tally.patienceMs(10_000) }),
        tally,
      );
    });
  },
};
