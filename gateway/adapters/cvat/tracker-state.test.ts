import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitmapToRle, decodeRle, encodeRle, ImageInfoSchema, rleIou } from "../../../proto/index.js";
import { Code } from "../../../services/runtime/errors.js";
import { beginsBase64 } from "../shared/base64-bytes.js";
import { maxRestBytes } from "../shared/take-bodies.js";
import { checkState, readState, type TrackerState, writeState } from "./tracker-state.js";

const idOf = (digit: number) => `sha256:${String(digit % 10).repeat(64)}`;
/** A ragged disc: its edge is another one in each row and column. */
function disc(width: number, height: number, seed: number): string {
  const bitmap = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ragged = ((x * 2654435761 + y * 40503 + seed * 97) >>> 7) % 40;
      const far = Math.hypot(x - width / 2, y - height / 2);
      bitmap[y * width + x] = Number(far + ragged < 0.45 * Math.min(width, height));
    }
  }
  return encodeRle(bitmapToRle(bitmap, width, height)).counts;
}
const stateOf = (width: number, height: number): TrackerState => {
  const [shown, other] = [1, 2].map((seed) => ({ imageId: idOf(seed), counts: disc(width, height, seed) }));
  const recent = [2, 3, 4].map((at) => ({ ...other!, frame: at, imageId: idOf(at) }));
  return { size: [height, width], shown: shown!, frame: 4, recent };
};
const large = stateOf(1200, 900);

describe("X16 The state of an object that CVAT has tracked", () => {
  it("comes back as it was, by way of JSON", () => {
    const { recent, ...others } = stateOf(120, 90);
    // Absent in one of the frames.
    const state = { ...others, recent: recent.map((one) => (one.frame === 3 ? { ...one, counts: undefined } : one)) };
    expect(readState(JSON.parse(JSON.stringify(writeState(state, 1))), 0)).toEqual(state);
  });

  it.each([1, 5, 16, 64])("of %i objects fits into a body with the others", (count) => {
    const states = Array(count).fill(writeState(large, count));
    expect(JSON.stringify({ shapes: Array(count).fill([0, 0, 1200, 900]), states }).length).toBeLessThan(maxRestBytes);
  });

  it("leaves out the frames that are farthest back, and keeps what a person has drawn", () => {
    const { shown, recent } = readState(writeState(large, 16), 0);
    expect(shown).toEqual(large.shown);
    expect(recent.length).toBeLessThan(3);
    expect(recent).toEqual(large.recent.slice(3 - recent.length));
  });

  it("keeps a mask that is too ragged within its outline", () => {
    const { shown, recent } = readState(writeState(large, 64), 0);
    const masks = [shown, large.shown].map(({ counts }) => decodeRle({ size: [900, 1200], counts }));
    expect(shown.counts.length).toBeLessThan(large.shown.counts.length / 2);
    expect(rleIou(masks[0]!, masks[1]!)).toBeGreaterThan(0.85);
    expect(recent).toEqual([]);
  });

  it("is refused where there are more of them than a body holds", () => {
    const state: TrackerState = {
      size: [4, 16_000],
      shown: { imageId: idOf(1), counts: wide() },
      frame: 0,
      recent: [],
    };
    expect(() => writeState(state, 64)).toThrow(/track fewer/);
    expect(writeState(state, 1).recent).toEqual([]);
  });

  it.each([
    ["counts that are none", "zzz"],
    ["counts cut off within a number", "\u007f"],
    ["counts of another sum", encodeRle(bitmapToRle(new Uint8Array(12), 4, 3)).counts],
    ["nothing", ""],
  ])("is refused where a mask of it is %s", (_what, counts) => {
    const whole = stateOf(120, 90);
    const image = create(ImageInfoSchema, { width: 120, height: 90 });
    expect(() => checkState(whole, image, 7)).not.toThrow();
    const bad = { frame: 4, imageId: idOf(1), counts };
    const states = [
      { ...whole, shown: bad },
      { ...whole, recent: [...whole.recent.slice(0, 2), bad] },
    ];
    for (const state of states) {
      expect(() => checkState(state, image, 7)).toThrow(
        expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringMatching(/^states\.7 is none/) }),
      );
    }
  });

  it("is never taken for a picture in Base64", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."0123456789ABCabc"), minLength: 4096, maxLength: 5000 }),
        (counts) => {
          const { shown } = writeState({ size: [9, 9], shown: { imageId: idOf(1), counts }, frame: 0, recent: [] }, 1);
          expect(beginsBase64(shown[1])).toBe(false);
        },
      ),
      { numRuns: 20 },
    );
  });
});

/** A box that is wider than a state of 64 has bytes. */
function wide(): string {
  const [width, height] = [16_000, 4];
  const bitmap = new Uint8Array(width * height).fill(1, width, 3 * width);
  return encodeRle(bitmapToRle(bitmap, width, height)).counts;
}
