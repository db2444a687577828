import { describe, expect, it } from "vitest";
import { randomNumbers } from "../../../../proto/testing/random-numbers.js";
import { frameFor } from "../../frame.js";
import type { CheckedPrompt } from "../../prompts/check-prompt.js";
import { divide } from "../divide.js";
import { carryLabels, type TrackedObject } from "./carry.js";
import { type Decode, type Painted, paint, priorsOf } from "./paint.js";
import { onMaskGrid } from "./prior.js";
import { plainProduct } from "./testing/plain-product.js";
import { toLengthOne } from "./tokens.js";

/** A picture of 640 x 160: 32 x 8 cells of 20 pixels, and 128 x 32 of the mask grid. */
const gridSize = 128;
const frame = frameFor(640, 160, { modelSize: 512, gridSize });
const [columns, rows, channels] = [32, 8, 32];
const cells = columns * rows;

const random = randomNumbers(7);
const background = Float32Array.from({ length: channels * cells * 2 }, () => random() - 0.5);
const [look, otherLook] = [1, 2].map(() => Float32Array.from({ length: channels }, () => random() - 0.5));
/** The last is more like the first than like anything else. */
const looks = [look!, otherLook!, look!.map((value, channel) => 0.8 * value + 0.6 * otherLook![channel]!)];

interface Thing {
  look: number;
  x: number;
  y: number;
}
const size = 4;
const isIn = ({ x, y }: Thing, column: number, row: number) =>
  column >= x && column < x + size && row >= y && row < y + size;

/** A frame with square things on a background that stays, as it is compared. @param scene another one's background. */
function seen(things: Thing[], scene = 0): Float32Array {
  const values = new Float32Array(channels * cells);
  for (let channel = 0; channel < channels; channel++) {
    for (let cell = 0; cell < cells; cell++) {
      const thing = things.find((one) => isIn(one, cell % columns, Math.floor(cell / columns)));
      const own = background[(scene * channels + channel) * cells + cell]!;
      values[cell * channels + channel] = thing ? looks[thing.look]![channel]! * 3 + 0.1 * own : own;
    }
  }
  return toLengthOne(values, channels);
}

const labelsOf = (thing: Thing) =>
  Float32Array.from({ length: cells }, (_, cell) => (isIn(thing, cell % columns, Math.floor(cell / columns)) ? 1 : 0));

/** A model that paints the prompt's box, and nothing as another candidate or without a box. @param grown by so many of the grid's cells. */
function painter(grown = 0): { decode: Decode; prompts: CheckedPrompt[] } {
  const prompts: CheckedPrompt[] = [];
  return {
    prompts,
    decode: async (prompt) => {
      prompts.push(prompt);
      const logits = new Float32Array(2 * gridSize ** 2).fill(-5);
      if (!prompt.box) return { logits, predictedIou: Float32Array.of(0.5, 0.9) };
      const { x0, y0, x1, y1 } = prompt.box;
      for (let y = 0; y < gridSize; y++) {
        for (let x = 0; x < gridSize; x++) {
          const [px, py] = [(x + 0.5) * 5, (y + 0.5) * 5];
          const margin = 5 * grown;
          const inside = px > x0 - margin && px < x1 + margin && py > y0 - margin && py < y1 + margin;
          if (inside) logits[(gridSize + y) * gridSize + x] = 5;
        }
      }
      return { logits, predictedIou: Float32Array.of(0.5, 0.9) };
    },
  };
}

type Memory = { cells: Float32Array; everywhere: boolean }[];

/** A whole step. */
async function step(decode: Decode, own: Float32Array, memory: Memory, objects: TrackedObject[]) {
  const grid = { columns, rows };
  const { labels, sureness, likeness } = await carryLabels(plainProduct, grid, own, memory, objects);
  const painted: Painted[] = [];
  for (const [at, prior] of priorsOf(labels, grid, frame).entries()) {
    painted.push(await paint(decode, { prior, sureness: onMaskGrid(sureness[at]!, grid, frame) }, frame));
  }
  divide(painted.flatMap(({ logits }) => logits ?? []));
  return { painted, likeness };
}

/** Pixels of the grid that are in a mask, and in the thing. */
function found(logits: Float32Array, thing: Thing) {
  let [mask, both] = [0, 0];
  for (let at = 0; at < logits.length; at++) {
    if (!(logits[at]! > 0)) continue;
    mask++;
    if (isIn(thing, Math.floor((at % gridSize) / 4), Math.floor(at / gridSize / 4))) both++;
  }
  return both / (mask + size * size * 16 - both);
}

const here: Thing = { look: 0, x: 2, y: 2 };
const there: Thing = { look: 0, x: 7, y: 3 };
const memory = [{ cells: seen([here]), everywhere: true }];
const one = [{ id: 5, known: [{ frame: 0, labels: labelsOf(here) }] }];

describe("an object from a frame that is known to another", () => {
  it("is painted where what looks like it is, from a box, points inside and a rough mask", async () => {
    const runner = painter();
    const { painted, likeness } = await step(runner.decode, seen([there]), memory, one);
    expect(painted).toMatchObject([{ state: "tracked", predictedIou: Math.fround(0.9) }]);
    expect(found(painted[0]!.logits!, there)).toBeGreaterThan(0.8);
    expect(likeness).toBeGreaterThan(0.9);
    const [prompt] = runner.prompts;
    for (const { x, y, label } of prompt!.points) {
      expect([isIn(there, Math.floor(x / 20), Math.floor(y / 20)), label]).toEqual([true, 1]);
    }
    expect(prompt!.mask).toBeDefined();
  });

  it("is what was carried, and unsure, where the model finds another shape", async () => {
    const { painted } = await step(painter(10).decode, seen([there]), memory, one);
    expect(painted).toMatchObject([{ state: "unsure", predictedIou: 0 }]);
    expect(painted[0]!.agreement).toBeLessThan(0.6);
    expect(found(painted[0]!.logits!, there)).toBeGreaterThan(0.7);
  });

  it("is the better one by itself of the masks that agree about as much, and no other", async () => {
    const inside = (width: number, at: number) => {
      const [x, y] = [at % gridSize, Math.floor(at / gridSize)];
      return x >= 40 && x < 40 + width && y >= 8 && y < 24;
    };
    const filled = (width: number, within: number, beside: number) =>
      Float32Array.from({ length: gridSize ** 2 }, (_, at) => (inside(width, at) ? within : beside));
    const prior = filled(40, 1, 0);
    /** The first agrees in full, but would be next to nothing with another threshold; the second is so wide, and sure. */
    const widthOf = async (width: number, estimates: [number, number]) => {
      const logits = new Float32Array(2 * gridSize ** 2);
      logits.set(filled(40, 0.5, -5));
      logits.set(filled(width, 5, -5), gridSize ** 2);
      const decode: Decode = async () => ({ logits, predictedIou: Float32Array.from(estimates) });
      const painted = await paint(decode, { prior, sureness: filled(0, 0, 1) }, frame);
      return painted.logits!.filter((logit) => logit > 0).length / 16;
    };
    expect(await widthOf(39, [0.9, 0.9])).toBe(39);
    expect(await widthOf(34, [0.9, 0.99])).toBe(40);
  });

  describe("is whole", () => {
    type Box = [left: number, top: number, right: number, bottom: number];
    const inBox = ([left, top, right, bottom]: Box, at: number) => {
      const [x, y] = [at % gridSize, Math.floor(at / gridSize)];
      return x >= left && x < right && y >= top && y < bottom;
    };
    const filled = (box: Box, inside: number, outside: number) =>
      Float32Array.from({ length: gridSize ** 2 }, (_, at) => (inBox(box, at) ? inside : outside));
    const half: Box = [40, 8, 48, 24];
    const whole: Box = [40, 8, 56, 24];
    const more: Box = [24, 8, 72, 32];
    /** A model that finds the half by box and mask, and by points alone two others, of which it says how sure it is. */
    const decode =
      (estimates: [number, number, number]): Decode =>
      async ({ box }) => {
        const found: [Box, number][] = box
          ? [[half, estimates[0]]]
          : [
              [whole, estimates[1]],
              [more, estimates[2]],
            ];
        const logits = new Float32Array(found.length * gridSize ** 2);
        for (const [index, [of]] of found.entries()) logits.set(filled(of, 5, -5), index * gridSize ** 2);
        return { logits, predictedIou: Float32Array.from(found, ([, estimate]) => estimate) };
      };
    /** Half of it was carried; what is in the other half was never seen, unless it is as sure as the rest. */
    const areaOf = async (estimates: [number, number, number], surenessOfRest = 0) => {
      const sureness = filled(whole, surenessOfRest, 1);
      const { logits, state } = await paint(decode(estimates), { prior: filled(half, 1, 0), sureness }, frame);
      expect(state).toBe("tracked");
      return logits!.filter((logit) => logit > 0).length;
    };

    it("where the model is surer of all of it than of the part that was carried", async () => {
      expect(await areaOf([0.92, 0.99, 0.9])).toBe(16 * 16);
      expect(await areaOf([0.99, 0.8, 0.5])).toBe(8 * 16);
    });

    it("but does not take in what is surely something else, however sure the model is", async () => {
      expect(await areaOf([0.9, 0.92, 0.99])).not.toBe(48 * 24);
      expect(await areaOf([0.9, 0.99, 0.99], 0.4)).toBe(8 * 16);
    });
  });

  it("is not what looks like it a little, and was seen to be something else while it was away", async () => {
    const twin: Thing = { look: 2, x: 20, y: 3 };
    const away = { cells: seen([twin]), everywhere: false };
    const nothing = new Float32Array(cells);
    const known = [{ id: 5, known: [...one[0]!.known, { frame: 1, labels: nothing }] }];
    const stateOf = async (from: Memory, objects: TrackedObject[]) =>
      (await step(painter().decode, seen([twin]), from, objects)).painted[0]!.state;
    expect(await stateOf(memory, one)).toBe("tracked");
    expect(await stateOf([...memory, away], known)).toBe("absent");
  });

  it("is absent where nothing looks like it, and the model is not asked", async () => {
    const runner = painter();
    const { painted } = await step(runner.decode, seen([]), memory, one);
    expect(painted).toEqual([{ state: "absent", logits: undefined, predictedIou: 0, agreement: 0 }]);
    expect(runner.prompts).toEqual([]);
  });

  it("is looked for near where it was, but all over a frame that a person touched", async () => {
    const far: Thing = { look: 0, x: 26, y: 4 };
    const [near, wide] = [{ ...here, x: 0 }, far];
    const known = [{ id: 1, known: [{ frame: 0, labels: labelsOf(near) }] }];
    const from = (everywhere: boolean) => [{ cells: seen([near]), everywhere }];
    const state = async (everywhere: boolean) =>
      (await step(painter().decode, seen([wide]), from(everywhere), known)).painted[0]!.state;
    expect(await state(true)).toBe("tracked");
    expect(await state(false)).not.toBe("tracked");
  });

  it("keeps objects apart that are known from different frames, each place one's", async () => {
    const other: Thing = { look: 1, x: 9, y: 1 };
    const both = [...memory, { cells: seen([other]), everywhere: true }];
    const objects = [...one, { id: 6, known: [{ frame: 1, labels: labelsOf(other) }] }];
    const moved = [
      { ...here, x: 3 },
      { ...other, x: 7, y: 2 },
    ];
    const { painted } = await step(painter(4).decode, seen(moved), both, objects);
    const [a, b] = painted.map(({ logits }) => logits!);
    expect(a!.some((logit, at) => logit > 0 && b![at]! > 0)).toBe(false);
    expect([found(a!, moved[0]!), found(b!, moved[1]!)].every((iou) => iou > 0.35)).toBe(true);
  });

  it("says how little a frame behind a cut is like the one before", async () => {
    const same = await step(painter().decode, seen([here]), memory, one);
    const cut = await step(painter().decode, seen([], 1), memory, one);
    expect(cut.likeness).toBeLessThan(0.6 * same.likeness);
  });
});
