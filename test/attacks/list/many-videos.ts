import { setTimeout as sleep } from "node:timers/promises";
import { encodeRle } from "../../../proto/index.js";
import type { Random } from "../../simulation/random.js";
import type { Attack, Target } from "../attack.js";
import { inParallel } from "../tally.js";
import { pick } from "../wire/mutate-bytes.js";
import { AttackerSession } from "../wire/session.js";

const lanes = 12;
const commandsEach = 30;
/** What was asked for last is worked on for so long. */
const lingerMs = 200;
const width = 640;
const height = 480;

/** A mask of stripes: as long as run lengths get for its size. */
const stripes = encodeRle({ width, height, runs: new Uint32Array(width * height).fill(1) });

/** What a client may say of a video, rightly or not, over and over. */
function command({ imageId, othersImageId }: Target, random: Random): object {
  const frame = pick(random, [0, 1, 2, 39, 40, 4294967295]);
  const object = pick(random, [1, 2, 16, 17, 0]);
  const rle = pick<unknown>(random, [
    stripes,
    { counts: "0", size: [1e9, 1e9] },
    { counts: "", size: [height, width] },
  ]);
  const frames = pick(random, [0, 1, 40, 1001, 5000]);
  const imageIds = Array(frames).fill(pick(random, [imageId, othersImageId, `sha256:${"0".repeat(64)}`]));
  return pick<object>(random, [
    { open: { imageIds: Array(40).fill(imageId), more: random.below(2) === 0 } },
    { open: { imageIds, width: random.below(3) * 320, height: random.below(2) * 240, more: true } },
    { append: { imageIds, more: true } },
    {
      known: {
        frames: Array(frames)
          .fill({ frame, masks: [{ object, ...(random.below(2) === 0 ? { rle: stripes } : {}) }] })
          .slice(0, 3),
      },
    },
    {
      prompt: { prompt: { frame, object, prompt: { points: [{ x: random.below(width), y: random.below(height) }] } } },
    },
    { prompt: { prompt: { frame, object, prompt: { mask: { rle } } }, fromCurrent: random.below(2) === 0 } },
    { remove: { object, ...(random.below(2) === 0 ? { frame } : {}) } },
    { run: { from: frame, direction: random.below(5), again: true } },
    { run: { first: random.below(2) * frame, last: frame, again: true } },
    { run: {} },
    { cancel: {} },
  ]);
}

export const manyVideos: Attack = {
  name: "many-videos",
  title:
    "dozens of sessions that open videos, prompt, run, correct and replace them without sense, and read little of it",
  setting: "single",
  unit: "commands",
  count: 6000,
  short: 120,
  async run(target, random, tally) {
    const { gateway, from } = target;
    await inParallel(lanes, tally, async () => {
      const session = await AttackerSession.open({
        url: gateway,
        from,
        form: "text",
        tally,
        onFrame: () => tally.answered(),
      });
      if (!session) return;
      for (let sequence = 1; sequence <= commandsEach && session.isOpen && tally.goesOn; sequence++) {
        tally.try();
        session.send(JSON.stringify({ track: { sequence: pick(random, [sequence, 1]), ...command(target, random) } }));
        // Half of it is read, as a client does; the answers to the rest pile up.
        if (sequence < commandsEach / 2 && sequence % 5 === 0) await session.read();
        if (sequence === commandsEach / 2) session.pause();
      }
      await sleep(Math.min(lingerMs, tally.msLeft));
      session.leave();
    });
  },
};
