import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { BoxSchema } from "../../../proto/index.js";
import { pictureSet } from "../../inference/picture-set.js";
import { Code } from "../../runtime/errors.js";
import { callContext } from "../../runtime/testing/call-context.js";
import type { Findings } from "../../stores/findings-record.js";
import type { FindingsRef } from "../../stores/findings-store.js";
import type { AskedDetectors, KnownDetector } from "./detectors.js";
import { Grounder } from "./grounder.js";
import { rankBoxes } from "./rank-boxes.js";

const imageId = `sha256:${"a".repeat(64)}`;
const other = `sha256:${"b".repeat(64)}`;
const detector = {
  spec: { id: "d", family: "yolox", vocabulary: "closed" },
  vocabulary: undefined,
  weights: "w",
} as unknown as KnownDetector;

/** One whose detector answers when it is told to. */
function make({ setMs = 0 } = {}) {
  const kept = new Map<string, Findings>();
  const looks: (() => void)[] = [];
  const tasks: { candidates?: readonly object[] | undefined }[] = [];
  const keyOf = ({ tenant, imageId: id }: FindingsRef) => `${tenant} ${id}`;
  const grounder = new Grounder({
    detectors: {
      detect: (_, task) => {
        tasks.push(task);
        return new Promise((resolve) => looks.push(() => resolve([[]])));
      },
    },
    findings: {
      get: async (ref) => kept.get(keyOf(ref)),
      set: async (ref, findings) => {
        await new Promise((done) => setTimeout(done, setMs));
        kept.set(keyOf(ref), findings);
      },
      delete: async (ref) => void kept.delete(keyOf(ref)),
    },
    images: { get: async () => ({ width: 1, height: 1, file: new Uint8Array(1) }) },
    // Another process that is not told of a deletion here knows nothing of it.
    deletion: { latest: async () => "" },
    pictures: () => ({ read: async () => ({ width: 1, height: 1, pixels: new Uint8Array(3) }) as never }),
    limits: { maxImageBytes: 1000, maxImagePixels: 1000 },
    isCacheUp: () => true,
    onLooked: () => {},
  });
  const taken: string[] = [];
  const find = (tenant: string, id = imageId) => {
    const call = callContext({
      origin: { tenant },
      take: (name) => {
        taken.push(name);
        return { correct: () => {} };
      },
    });
    return grounder.find({ picture: { tenant, imageId: id }, detectors: [detector], words: [] }, call);
  };
  const looking = (count: number) => expect.poll(() => looks.length, { interval: 5 }).toBe(count);
  return { grounder, kept, looks, tasks, find, taken, looking };
}

it("K6: what is looked at while its picture is deleted ends NOT_FOUND, and nothing of it is kept", async () => {
  const { grounder, kept, looks, find, looking } = make();
  const [mine, joined, others, another] = [find("acme"), find("acme"), find("umbrella"), find("acme", other)];
  await looking(3);
  await grounder.end(pictureSet("acme", imageId));
  for (const look of looks) look();
  for (const ended of [mine, joined]) await expect(ended).rejects.toMatchObject({ code: Code.NOT_FOUND });
  await Promise.all([others, another]);
  expect([...kept.keys()].sort()).toEqual([`acme ${other}`, `umbrella ${imageId}`]);
});

it("K6: a deletion of all of a tenant waits for what is just being kept, and that goes again", async () => {
  const { grounder, kept, looks, find, looking } = make({ setMs: 20 });
  const mine = find("acme");
  mine.catch(() => {});
  await looking(1);
  looks[0]?.();
  await new Promise((done) => setTimeout(done, 5));
  await grounder.end(pictureSet("acme", undefined));
  await expect(mine).rejects.toMatchObject({ code: Code.NOT_FOUND });
  expect(kept.size).toBe(0);
});

it("Q1: a look counts as an encode of who begins it, and what is there for nothing", async () => {
  const { looks, find, taken, looking } = make();
  const [first, joined] = [find("acme"), find("acme")];
  await looking(1);
  looks[0]?.();
  await Promise.all([first, joined]);
  expect((await find("acme")).cached).toBe(true);
  expect(taken).toEqual(["encodesPerHour"]);
});

describe("G9 candidates", () => {
  const rank = async (x1: number) => {
    const { grounder, looks, tasks, looking } = make();
    const ranker = { ...detector, spec: { ...detector.spec, vocabulary: "ranking" } } as unknown as KnownDetector;
    const ready = { isNamed: false, of: () => [ranker], none: () => new Error("none") } as unknown as AskedDetectors;
    const candidates = [create(BoxSchema, { x0: -1, y0: 0, x1, y1: 0.5 })];
    const ranking = { picture: { tenant: "acme", imageId }, text: "a mug", candidates, ready };
    const ranked = rankBoxes(ranking, { admission: { check: () => {} } as never, grounder }, callContext());
    ranked.catch(() => {});
    if (Number.isFinite(x1)) {
      await looking(1);
      looks[0]?.();
    }
    await ranked;
    return tasks[0]?.candidates;
  };

  it("are looked at as far as they lie in the picture", async () => {
    expect(await rank(3)).toEqual([{ x0: 0, y0: 0, x1: 1, y1: 0.5 }]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("with a corner of %s are refused", async (x1) => {
    await expect(rank(x1)).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: "`candidates[0]` has a corner that is no finite number; send pixels.",
    });
  });
});
