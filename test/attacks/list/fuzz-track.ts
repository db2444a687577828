import { TrackVideoRequestSchema } from "../../../proto/index.js";
import type { Random } from "../../simulation/random.js";
import type { Attack, Target } from "../attack.js";
import { inParallel } from "../tally.js";
import { pick } from "../wire/mutate-bytes.js";
import { oddJson } from "../wire/odd-json.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";

const path = "/v1/track";
const lanes = 6;

/** A video of one picture again and again, which is long, has many objects, or much to remember. */
function video({ imageId, othersImageId }: Target, random: Random): string {
  const frames = pick(random, [1, 2, 3, 40, 5000, 20_000, 20_001]);
  const objects = pick(random, [0, 1, 16, 17, 1000, 1001]);
  const rle = pick<unknown>(random, [
    undefined,
    { counts: "", size: [480, 640] },
    { counts: "0", size: [1e9, 1e9] },
    { counts: "1".repeat(100_000), size: [480, 640] },
    { size: Array(2000).fill(1) },
  ]);
  return JSON.stringify({
    imageIds: Array(frames).fill(pick(random, [imageId, imageId, othersImageId, `sha256:${"0".repeat(64)}`])),
    prompts: Array.from({ length: objects }, (_, index) => ({
      frame: random.below(frames),
      object: pick(random, [index + 1, 1, 0, 4294967295]),
      prompt: { points: [{ x: random.below(640), y: random.below(480) }], ...(rle ? { mask: { rle } } : {}) },
    })),
    ...(random.below(3) === 0
      ? { first: random.below(frames), last: pick(random, [random.below(2 * frames), 4294967295]) }
      : {}),
    ...(random.below(3) === 0
      ? {
          known: Array(random.below(9)).fill({
            frame: random.below(frames),
            masks: Array(random.below(18)).fill({ object: 1, rle }),
          }),
        }
      : {}),
  });
}

export const fuzzTrack: Attack = {
  name: "fuzz-track",
  title: "videos that are none, too long, full of objects and masks, or left in the middle",
  setting: "single",
  unit: "videos",
  count: 3000,
  short: 80,
  async run(target, random, tally) {
    const { gateway, from } = target;
    await inParallel(lanes, tally, async () => {
      tally.try();
      const body = random.below(2) === 0 ? oddJson(TrackVideoRequestSchema, random) : video(target, random);
      // Who leaves in the middle, and who hears a little.
      const lingerMs = random.below(4) === 0 ? 30 : tally.patienceMs(3000);
      tellHttp(await exchange(gateway, from, post(path, body), { lingerMs }), tally);
    });
  },
};
