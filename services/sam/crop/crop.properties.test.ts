import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeCounts, encodeCounts, rleToBitmap } from "../../../proto/index.js";
import { type Frame, frameFor, toModel } from "../frame.js";
import { finishMask } from "../masks/decoded-mask.js";
import { type CheckedPrompt, PromptError } from "../prompts/check-prompt.js";
import type { Region } from "../region.js";
import { maskInPart } from "./mask-in-part.js";
import { cutMask, placeMask } from "./place-mask.js";
import { promptInPart } from "./prompt-in-part.js";
import { resampleLogits } from "./resample-logits.js";

const gridSize = 32;
const frames = { gridSize, modelSize: 128 };
const frameOf = ({ width, height }: { width: number; height: number }) => frameFor(width, height, frames);
const framed = (region: Region) => ({ region, frame: frameOf(region) });

/** A picture and a part of it that is no sliver. */
const parts = fc
  .record({
    width: fc.integer({ min: 24, max: 900 }),
    height: fc.integer({ min: 24, max: 900 }),
    at: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    size: fc.tuple(fc.double({ min: 0.2, max: 1, noNaN: true }), fc.double({ min: 0.2, max: 1, noNaN: true })),
  })
  .map(({ width, height, at, size }) => {
    const [w, h] = [Math.max(8, Math.round(size[0] * width)), Math.max(8, Math.round(size[1] * height))];
    const crop = { x: Math.round(at[0] * (width - w)), y: Math.round(at[1] * (height - h)), width: w, height: h };
    return { picture: { width, height }, crop };
  });
const shares = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
const logitsOf = (seed: number) =>
  Float32Array.from(
    { length: gridSize ** 2 },
    (_, at) => 12 * Math.sin(seed + (at % gridSize) / 5) * Math.cos(at / 97),
  );

it("takes every point of a part into its frame and leads back to it", () => {
  fc.assert(
    fc.property(parts, shares, ({ crop }, [across, down]) => {
      const point = { x: crop.x + across * crop.width, y: crop.y + down * crop.height, label: 1 as const };
      const [moved] = promptInPart({ points: [point] }, crop).points;
      const frame = frameOf(crop);
      const { x, y } = toModel(frame, moved!.x, moved!.y);
      expect(x >= 0 && x <= frame.contentWidth * (1 + 1e-12)).toBe(true);
      expect(y >= 0 && y <= frame.contentHeight * (1 + 1e-12)).toBe(true);
      expect((x / frame.contentWidth) * crop.width + crop.x).toBeCloseTo(point.x, 6);
      expect((y / frame.contentHeight) * crop.height + crop.y).toBeCloseTo(point.y, 6);
    }),
  );
});

it("leaves points beside the object out that lie outside, and refuses those on it", () => {
  const crop = { x: 10, y: 20, width: 30, height: 40 };
  const inside = { x: 40, y: 60, label: 0 as const };
  const beyond = { x: 41, y: 60 };
  const prompt: CheckedPrompt = { points: [inside, { ...beyond, label: 0 }], box: { x0: 0, y0: 30, x1: 20, y1: 99 } };
  expect(promptInPart(prompt, crop)).toEqual({
    points: [{ x: 30, y: 40, label: 0 }],
    box: { x0: 0, y0: 10, x1: 10, y1: 40 },
  });
  expect(() => promptInPart({ points: [{ ...beyond, label: 1 }] }, crop)).toThrow(PromptError);
  expect(() => promptInPart({ points: [], box: { x0: 0, y0: 0, x1: 10, y1: 99 } }, crop)).toThrow(PromptError);
});

it("changes no bit of logits between a part and itself", () => {
  fc.assert(
    fc.property(parts, fc.integer(), ({ crop }, seed) => {
      const logits = logitsOf(seed);
      const same = resampleLogits(logits, framed(crop), framed(crop));
      const frame = frameOf(crop);
      let others = 0;
      eachContentCell(frame, (x, y) => {
        if (same[y * gridSize + x] !== logits[y * gridSize + x]) others++;
      });
      expect(others).toBe(0);
    }),
    {
      numRuns: 30,
      examples: [[{ picture: { width: 683, height: 24 }, crop: { x: 0, y: 0, width: 683, height: 8 } }, 0]],
    },
  );
});

it("keeps what is a straight line over the picture one in every part of it, finer or coarser", () => {
  fc.assert(
    fc.property(parts, fc.tuple(parts, fc.boolean()), ({ picture, crop }, [other, isWhole]) => {
      const whole = { x: 0, y: 0, ...picture };
      const within = isWhole ? whole : inside(other.crop, other.picture, picture);
      const line = (x: number, y: number) => 0.02 * x - 0.03 * y + 1;
      const field = (region: Region) => onGrid(framed(region), line);
      // Between two parts both ways, and what the source knows of each cell and its neighbours.
      for (const [from, to] of [
        [whole, crop],
        [crop, within],
      ] as const) {
        const made = resampleLogits(field(from), framed(from), framed(to));
        const cells = centres(framed(to));
        const margin = Math.max(pixelsOf(framed(from)), pixelsOf(framed(to)));
        for (const { at, x, y } of cells) {
          if (!isDeepIn(from, x, y, margin)) continue;
          expect(Math.abs(made[at]! - line(x, y))).toBeLessThan(1e-3);
        }
      }
    }),
    { numRuns: 60 },
  );
});

it("takes what a part's logits do not cover, and the padding, to be outside", () => {
  const whole = { x: 0, y: 0, width: 128, height: 96 };
  const part = { x: 64, y: 48, width: 32, height: 24 };
  const made = resampleLogits(new Float32Array(gridSize ** 2).fill(9), framed(part), framed(whole));
  const at = (x: number, y: number) => made[y * gridSize + x];
  expect([at(15, 11), at(16, 11), at(16, 12), at(23, 17), at(24, 17), at(0, 31)]).toEqual([-16, -16, 9, 9, -16, -16]);
});

it("cuts a mask to a part and places it back where it was", () => {
  const random = fc.tuple(parts, fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 60 }));
  fc.assert(
    fc.property(random, ({ 0: { picture, crop }, 1: lengths }) => {
      const pixels = picture.width * picture.height;
      const mask = { ...picture, runs: runsOf(lengths, pixels) };
      const back = rleToBitmap(placeMask(cutMask(mask, crop), crop, picture));
      const all = rleToBitmap(mask);
      const expected = all.map((value, at) => {
        const [x, y] = [at % picture.width, Math.floor(at / picture.width)];
        const isIn = x >= crop.x && y >= crop.y && x < crop.x + crop.width && y < crop.y + crop.height;
        return isIn ? value : 0;
      });
      expect(back.every((value, at) => value === expected[at])).toBe(true);
    }),
    { numRuns: 30 },
  );
});

it("finds on a part the masks of a picture that is the part, where the part lies", () => {
  fc.assert(
    fc.property(parts, fc.integer(), ({ picture, crop }, seed) => {
      const chosen = { logits: logitsOf(seed), predictedIou: 0.9 };
      const alone = finishMask(chosen, frameOf(crop)).mask;
      const { mask: placed, traced } = finishMask(chosen, frameOf(crop), { crop, picture });
      const cut = cutMask({ ...picture, runs: decodeCounts(placed.counts) }, crop);
      expect(encodeCounts(cut.runs)).toBe(alone.counts);
      const { area, predictedIou, stabilityScore, box } = placed;
      expect({ area, predictedIou, stabilityScore }).toEqual({
        area: alone.area,
        predictedIou: alone.predictedIou,
        stabilityScore: alone.stabilityScore,
      });
      expect(box).toEqual(
        alone.area === 0 ? alone.box : { ...alone.box, x: alone.box.x + crop.x, y: alone.box.y + crop.y },
      );
      expect([traced.width, traced.height, traced.area]).toEqual([picture.width, picture.height, area]);
    }),
    { numRuns: 40 },
  );
});

it("starts from a mask of the picture, of a part or of another part", () => {
  const picture = { width: 128, height: 96 };
  const crop = { x: 32, y: 32, width: 64, height: 48 };
  const logits = logitsOf(3);
  const start = (mask: Parameters<typeof maskInPart>[0], part?: Region) => maskInPart(mask, part, picture, frameOf);
  expect(start({ logits })).toEqual({ logits });
  expect(start({ logits, crop }, crop)).toEqual({ logits });
  const whole = { x: 0, y: 0, ...picture };
  expect(start({ logits }, crop)).toEqual({ logits: resampleLogits(logits, framed(whole), framed(crop)) });
  expect(start({ logits, crop })).toEqual({ logits: resampleLogits(logits, framed(crop), framed(whole)) });
  const mask = { ...picture, runs: Uint32Array.of(4000, 3000, 128 * 96 - 7000) };
  expect(start({ picture: mask })).toEqual({ picture: mask });
  expect(start({ picture: mask }, crop)).toEqual({ picture: cutMask(mask, crop) });
});

/** A region of another picture's as one of this. */
function inside(
  region: Region,
  from: { width: number; height: number },
  to: { width: number; height: number },
): Region {
  const x = Math.floor((region.x / from.width) * to.width);
  const y = Math.floor((region.y / from.height) * to.height);
  const width = Math.max(4, Math.floor((region.width / from.width) * to.width));
  const height = Math.max(4, Math.floor((region.height / from.height) * to.height));
  return { x: Math.min(x, to.width - width), y: Math.min(y, to.height - height), width, height };
}

type Framed = ReturnType<typeof framed>;

const pixelsOf = ({ region, frame }: Framed) => {
  const cells = (content: number) => (content * frame.gridSize) / frame.modelSize;
  return Math.max(region.width / cells(frame.contentWidth), region.height / cells(frame.contentHeight));
};

/** Every cell that holds the picture, and where its centre lies there. */
function centres({ region, frame }: Framed): { at: number; x: number; y: number }[] {
  const found: { at: number; x: number; y: number }[] = [];
  const scale = frame.modelSize / gridSize;
  eachContentCell(frame, (x, y) => {
    found.push({
      at: y * gridSize + x,
      x: region.x + ((x + 0.5) * scale * region.width) / frame.contentWidth,
      y: region.y + ((y + 0.5) * scale * region.height) / frame.contentHeight,
    });
  });
  return found;
}

function onGrid(part: Framed, line: (x: number, y: number) => number): Float32Array {
  const logits = new Float32Array(gridSize ** 2);
  for (const { at, x, y } of centres(part)) logits[at] = line(x, y);
  return logits;
}

function eachContentCell(frame: Frame, visit: (x: number, y: number) => void): void {
  const cells = (content: number) => Math.max(1, Math.floor((content * gridSize) / frame.modelSize + 0.5));
  for (let y = 0; y < cells(frame.contentHeight); y++) for (let x = 0; x < cells(frame.contentWidth); x++) visit(x, y);
}

const isDeepIn = ({ x: left, y: top, width, height }: Region, x: number, y: number, margin: number) =>
  x - left >= margin && y - top >= margin && left + width - x >= margin && top + height - y >= margin;

function runsOf(lengths: number[], pixels: number): Uint32Array {
  const runs: number[] = [];
  let left = pixels;
  for (const length of lengths) {
    if (left === 0) break;
    runs.push(Math.min(length, left));
    left -= Math.min(length, left);
  }
  if (left > 0) runs.push(left);
  return Uint32Array.from(runs);
}
