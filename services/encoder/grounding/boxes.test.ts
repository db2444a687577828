import { describe, expect, it } from "vitest";
import { answerWords } from "./answer-words.js";
import { type Detection, overlap } from "./detection.js";
import { cornerWeights, framePicture, inTheMiddle } from "./frame-picture.js";
import { mergeDetections } from "./merge.js";
import { suppress } from "./suppress.js";

const box = (x0: number, y0: number, x1: number, y1: number, score = 0.5, label = "dog"): Detection => ({
  label,
  score,
  x0,
  y0,
  x1,
  y1,
});

it("overlaps by intersection over union", () => {
  expect(overlap(box(0, 0, 0.4, 0.4), box(0.2, 0, 0.6, 0.4))).toBeCloseTo(1 / 3);
  expect(overlap(box(0, 0, 0.1, 0.1), box(0.2, 0.2, 0.3, 0.3))).toBe(0);
  expect(overlap(box(0.1, 0.1, 0.1, 0.1), box(0.1, 0.1, 0.1, 0.1))).toBe(0);
});

it("keeps the best of those that are of one thing, label by label", () => {
  const [best, same, other, far] = [
    box(0, 0, 0.5, 0.5, 0.9),
    box(0, 0, 0.5, 0.45, 0.8),
    box(0, 0, 0.5, 0.5, 0.7, "cat"),
    box(0.6, 0.6, 1, 1, 0.6),
  ];
  expect(suppress([far, same, other, best], 10)).toEqual([best, other, far]);
  expect(suppress([far, same, other, best], 2)).toEqual([best, other]);
  expect(suppress([far, same, other, best], 10, 0.95)).toEqual([best, same, other, far]);
});

describe("several detectors", () => {
  it("are surer together, and their box is between theirs", () => {
    const [one, ...more] = mergeDetections([[box(0, 0, 0.4, 0.4, 0.6)], [box(0, 0, 0.5, 0.4, 0.3)]]);
    expect(more).toEqual([]);
    expect(one).toEqual(
      box(
        0,
        0,
        expect.closeTo((0.6 * 0.4 + 0.3 * 0.5) / 0.9) as never,
        expect.closeTo(0.4) as never,
        expect.closeTo(0.72) as never,
      ),
    );
  });

  it("keep apart what is of two things, two labels, or found twice by one", () => {
    const found = [
      [box(0, 0, 0.4, 0.4, 0.6), box(0, 0, 0.4, 0.39, 0.5)],
      [box(0, 0, 0.4, 0.4, 0.3, "cat"), box(0.5, 0.5, 1, 1, 0.4)],
    ];
    expect(mergeDetections(found).map(({ label, score }) => [label, score])).toEqual([
      ["dog", 0.6],
      ["dog", 0.5],
      ["dog", 0.4],
      ["cat", 0.3],
    ]);
  });
});

describe("answers words", () => {
  const size = { width: 200, height: 100 };
  const nothing = { found: [], leastScore: 0 };
  const dogs = { kind: "closed", meanings: [{ label: "dog", via: "alias puppy" }] } as const;

  it("with what they mean, in pixels, the surest first", () => {
    const found = [
      box(0, 0, 0.5, 1, 0.3),
      box(0.5, 0, 1, 0.5, 0.9, "cat"),
      box(0, 0, 1, 1, 0.8, "cow"),
      box(0, 0, 0.1, 0.1, 0.1),
    ];
    const closed = { found: [found], leastScore: 0.2 };
    const cats = { kind: "closed", meanings: [{ label: "cat", via: "name" }] } as const;
    expect(answerWords([dogs, cats], { closed, written: nothing, open: nothing }, size)).toEqual([
      { box: { x0: 100, y0: 0, x1: 200, y1: 50 }, score: 0.9, label: "cat", via: "name" },
      { box: { x0: 0, y0: 0, x1: 100, y1: 100 }, score: 0.3, label: "dog", via: "alias puppy" },
    ]);
  });

  it("with where they are written, or with the thing that they are written on", () => {
    const written = {
      found: [[box(0.1, 0.1, 0.2, 0.2, 0.9, "STOP"), box(0.6, 0.6, 0.7, 0.7, 0.8, "GO")]],
      leastScore: 0.5,
    };
    const closed = { found: [[box(0, 0, 0.5, 1, 0.3), box(0.5, 0, 1, 0.5, 0.9)]], leastScore: 0.2 };
    const answer = (on?: typeof dogs) =>
      answerWords([{ kind: "written", text: "stop", on }], { closed, written, open: nothing }, size);
    expect(answer()).toEqual([{ box: { x0: 20, y0: 10, x1: 40, y1: 20 }, score: 0.9, label: "STOP", via: "written" }]);
    expect(answer(dogs)).toEqual([
      { box: { x0: 0, y0: 0, x1: 100, y1: 100 }, score: 0.3, label: "STOP", via: "written on dog" },
    ]);
  });

  it("with what was asked as it is", () => {
    const open = { found: [[box(0, 0, 0.5, 1, 0.3, "red shoe"), box(0, 0, 0.5, 1, 0.4, "lace")]], leastScore: 0.2 };
    const asked = [{ kind: "open", words: "red shoe" }] as const;
    expect(answerWords(asked, { closed: nothing, written: nothing, open }, size)).toEqual([
      { box: { x0: 0, y0: 0, x1: 100, y1: 100 }, score: 0.3, label: "red shoe", via: "words" },
    ]);
  });
});

describe("the frame of a detector", () => {
  const plain = { mean: [0, 0, 0], std: [1, 1, 1], order: [0, 1, 2] } as const;
  const grey = (width: number, height: number, values: number[]) => ({
    data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
    width,
    height,
    channels: 3,
  });

  it("has the picture in its middle", () => {
    expect(inTheMiddle({ width: 200, height: 100 }, 50)).toEqual({ left: 0, top: 12, width: 50, height: 25 });
    expect(inTheMiddle({ width: 1, height: 10_000 }, 50)).toEqual({ left: 24, top: 0, width: 1, height: 50 });
  });

  it("leaves no pixel out where it shrinks", () => {
    const place = { left: 0, top: 0, width: 2, height: 1 };
    const planes = framePicture(grey(8, 1, [0, 80, 0, 80, 0, 0, 0, 0]), { width: 2, height: 1, place, ...plain });
    // Tents four pixels to each side of 1.5 and 5.5, at the edge the edge again.
    expect([...planes.subarray(0, 2)].map(Math.round)).toEqual([30, 8]);
  });

  it("has the pixels between which a corner falls, where a graph was trained so, and another colour around it", () => {
    const place = { left: 0, top: 0, width: 3, height: 1 };
    const row = grey(8, 1, [0, 80, 90, 0, 80, 0, 0, 0]);
    const frame = { width: 4, height: 1, place, ...plain, samples: cornerWeights, fill: 100 };
    // At 0, at 8/3 and at 16/3.
    expect([...framePicture(row, frame).subarray(0, 4)].map(Math.round)).toEqual([0, 30, 0, 100]);
  });

  it("is the picture itself where it is as large, and between its pixels where it enlarges", () => {
    const pixels = grey(2, 1, [0, 100]);
    const same = { left: 1, top: 1, width: 2, height: 1 };
    const framed = framePicture(pixels, { width: 4, height: 3, place: same, ...plain });
    expect([...framed.subarray(0, 12)]).toEqual([0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0]);
    const wide = framePicture(pixels, {
      width: 4,
      height: 1,
      place: { left: 0, top: 0, width: 4, height: 1 },
      ...plain,
    });
    expect([...wide.subarray(0, 4)]).toEqual([0, 25, 75, 100]);
  });
});
