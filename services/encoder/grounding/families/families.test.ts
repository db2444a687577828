import { describe, expect, it } from "vitest";
import type { FloatTensors } from "../../../sam/decode/graph-runner.js";
import type { Pixels } from "../../images/open-picture.js";
import { cocoLabels } from "../words/coco-labels.js";
import { nanodet } from "./nanodet.js";
import { ssdlite } from "./ssdlite.js";

/** Red everywhere. */
const picture = (width: number, height: number): Pixels => ({
  data: Uint8Array.from({ length: 3 * width * height }, (_, at) => (at % 3 === 0 ? 255 : 0)),
  width,
  height,
  channels: 3,
});

describe("nanodet", () => {
  const bins = 11;
  /** Of each stride: zeros, and what is put in. */
  function outputs(
    put: { stride: number; cell: number; label: string; score: number; sides: number[] }[],
  ): FloatTensors {
    const all: Record<string, { data: Float32Array; dims: number[] }> = {};
    for (const stride of [8, 16, 32]) {
      const cells = (416 / stride) ** 2;
      const scores = new Float32Array(cells * 80);
      const sides = new Float32Array(cells * 4 * bins);
      for (const one of put.filter((it) => it.stride === stride)) {
        scores[one.cell * 80 + cocoLabels.indexOf(one.label as "dog")] = one.score;
        // So likely that nothing else is: the distance is that bin, times the stride.
        for (const [at, bin] of one.sides.entries()) sides[(one.cell * 4 + at) * bins + bin] = 100;
      }
      all[`s${stride}`] = { data: scores, dims: [1, cells, 80] };
      all[`b${stride}`] = { data: sides, dims: [1, cells, 4 * bins] };
    }
    return all;
  }

  it("puts the picture in the middle, blue first, and finds boxes in it", async () => {
    let planes: Float32Array = new Float32Array();
    // The cell of row 6, column 4 of 13 has its centre at (144, 208).
    const found = await nanodet.detect(picture(200, 100), async (data, dims) => {
      expect(dims).toEqual([1, 3, 416, 416]);
      planes = data;
      return outputs([{ stride: 32, cell: 6 * 13 + 4, label: "dog", score: 0.8, sides: [1, 2, 3, 1] }]);
    });
    // 200 x 100 becomes 416 x 208, from row 104 on.
    const at = (plane: number, x: number, y: number) => planes[(plane * 416 + y) * 416 + x];
    expect(at(2, 200, 103)).toBeCloseTo((0 - 123.675) / 58.395, 4);
    expect(at(2, 200, 104)).toBeCloseTo((255 - 123.675) / 58.395, 4);
    expect(at(2, 200, 311)).toBeCloseTo((255 - 123.675) / 58.395, 4);
    expect(at(2, 200, 312)).toBeCloseTo((0 - 123.675) / 58.395, 4);
    expect(at(0, 200, 200)).toBeCloseTo((0 - 103.53) / 57.375, 4);
    expect(found).toEqual([
      {
        label: "dog",
        score: expect.closeTo(0.8, 5),
        x0: expect.closeTo((144 - 32) / 416, 5),
        y0: expect.closeTo((208 - 64 - 104) / 208, 5),
        x1: expect.closeTo((144 + 96) / 416, 5),
        y1: expect.closeTo((208 + 32 - 104) / 208, 5),
      },
    ]);
  });

  it("has each thing once, and boxes end with the picture", async () => {
    const found = await nanodet.detect(picture(100, 100), async () =>
      outputs([
        { stride: 16, cell: 0, label: "cat", score: 0.6, sides: [10, 10, 4, 4] },
        { stride: 16, cell: 1, label: "cat", score: 0.7, sides: [10, 10, 3, 4] },
        { stride: 8, cell: 0, label: "dog", score: 0.3, sides: [5, 5, 9, 9] },
        { stride: 8, cell: 1, label: "dog", score: 0.04, sides: [5, 5, 9, 9] },
      ]),
    );
    expect(found.map(({ label, score }) => [label, Number(score.toFixed(2))])).toEqual([
      ["cat", 0.7],
      ["dog", 0.3],
    ]);
    expect(found[0]).toMatchObject({ x0: 0, y0: 0 });
  });

  it.each<[string, FloatTensors]>([
    ["no scores of 80 kinds", { x: { data: new Float32Array(12), dims: [1, 4, 3] } }],
    ["no sides", { x: { data: new Float32Array(80 * 4), dims: [1, 4, 80] } }],
  ])("refuses a graph with %s", async (_what, outputs) => {
    await expect(nanodet.detect(picture(10, 10), async () => outputs)).rejects.toThrow(/scores/);
  });
});

describe("ssdlite", () => {
  it("stretches the picture, -1 to 1, and moves anchors by their codes", async () => {
    const scores = new Float32Array(3 * 91);
    // COCO's number of a dog is 18, and 12 is nothing's.
    scores[18] = 0.9;
    scores[91 + 12] = 0.8;
    scores[2 * 91 + 0] = 0.99;
    const found = await ssdlite.detect(picture(60, 30), async (data, dims) => {
      expect(dims).toEqual([1, 3, 300, 300]);
      expect([data[0], data[300 * 300], data[3 * 300 * 300 - 1]]).toEqual([1, -1, -1]);
      return {
        scores: { data: scores, dims: [1, 3, 91] },
        // A tenth of the size right and two tenths down, twice as high.
        codes: { data: Float32Array.of(2, 1, 5 * Math.log(2), 0, 0, 0, 0, 0, 0, 0, 0, 0), dims: [1, 3, 4] },
        anchors: { data: Float32Array.of(0.4, 0.4, 0.6, 0.8, 0, 0, 1, 1, 0, 0, 1, 1), dims: [1, 3, 4] },
      };
    });
    expect(found).toEqual([
      {
        label: "dog",
        score: expect.closeTo(0.9, 5),
        x0: expect.closeTo(0.44, 5),
        y0: expect.closeTo(0.34, 5),
        x1: expect.closeTo(0.84, 5),
        y1: expect.closeTo(0.74, 5),
      },
    ]);
  });

  it("refuses a graph of another form", async () => {
    const scores = { data: new Float32Array(91), dims: [1, 1, 91] };
    await expect(ssdlite.detect(picture(10, 10), async () => ({ scores }))).rejects.toThrow(/anchors/);
  });
});
