import { describe, expect, it } from "vitest";
import { randomNumbers } from "../../../../proto/testing/random-numbers.js";
import type { Pixels } from "../../images/open-picture.js";
import type { Detection } from "../detection.js";
import type { DetectorGraph } from "../families/family.js";
import { ppocr } from "../families/ppocr.js";
import { cutLine } from "./cut-line.js";
import { findLines } from "./find-lines.js";
import { fewestMistakes, matchText } from "./match-text.js";
import { readDictionary, readLine } from "./read-line.js";
import { blockAround } from "./text-block.js";
import { cornersOf, smallestBox } from "./turned-box.js";

/** A map of zeros with cells of a value where `isText` says so. */
const mapOf = (width: number, height: number, isText: (x: number, y: number) => boolean, value = 0.9) => ({
  data: Float32Array.from({ length: width * height }, (_, at) =>
    isText(at % width, Math.floor(at / width)) ? value : 0,
  ),
  width,
  height,
});
const within = (x0: number, y0: number, x1: number, y1: number) => (x: number, y: number) =>
  x >= x0 && x <= x1 && y >= y0 && y <= y1;

describe("the smallest box around points", () => {
  it("lies as they do", () => {
    const box = smallestBox([
      { x: 0, y: 0 },
      { x: 8, y: 6 },
      { x: 5, y: 10 },
      { x: -3, y: 4 },
      { x: 2, y: 4 },
    ]);
    expect(box).toMatchObject({ x: expect.closeTo(2.5), y: expect.closeTo(5), width: expect.closeTo(10) });
    expect(box.height).toBeCloseTo(5);
    expect(box.direction).toMatchObject({ x: expect.closeTo(0.8), y: expect.closeTo(0.6) });
    const corners = cornersOf(box).map(({ x, y }) => [Math.round(x), Math.round(y)]);
    expect(corners).toEqual([
      [0, 0],
      [8, 6],
      [5, 10],
      [-3, 4],
    ]);
  });

  it("of few points is a line, or nothing", () => {
    expect(smallestBox([{ x: 3, y: 4 }])).toMatchObject({ x: 3, y: 4, width: 0, height: 0 });
    expect(
      smallestBox([
        { x: 0, y: 0 },
        { x: 4, y: 0 },
      ]),
    ).toMatchObject({ width: 4, height: 0 });
  });
});

describe("lines in a map", () => {
  it("are what touches, grown by 1.5 of area / length, the largest first", () => {
    const isLine = within(10, 10, 30, 20);
    const [line, small, ...more] = findLines(
      mapOf(64, 64, (x, y) => isLine(x, y) || within(40, 40, 46, 46)(x, y) || within(31, 21, 33, 22)(x, y)),
      10,
    );
    expect(more).toEqual([]);
    // A corner touches it, so that it is one with what is beside it: 10..33 by 10..22.
    const by = (23 * 12 * 1.5) / (2 * (23 + 12));
    expect(line).toMatchObject({
      x: 21.5,
      y: 16,
      width: expect.closeTo(23 + 2 * by),
      height: expect.closeTo(12 + 2 * by),
    });
    expect(small).toMatchObject({ x: 43, y: 43 });
  });

  it.each<[string, Parameters<typeof findLines>[0]]>([
    ["faint", mapOf(32, 32, within(4, 4, 20, 12), 0.5)],
    ["as thin as noise", mapOf(32, 32, within(4, 4, 20, 6))],
    ["not there", mapOf(32, 32, () => false)],
  ])("are none where they are %s", (_what, map) => {
    expect(findLines(map, 10)).toEqual([]);
  });

  it("are no more than are asked for", () => {
    expect(
      findLines(
        mapOf(64, 32, (x) => x % 16 < 8),
        2,
      ),
    ).toHaveLength(2);
  });
});

/** Red where x is below the middle, blue behind it. */
const halves = (width: number, height: number): Pixels => ({
  data: Uint8Array.from({ length: 3 * width * height }, (_, at) => {
    const isLeft = Math.floor(at / 3) % width < width / 2;
    return at % 3 === (isLeft ? 0 : 2) ? 255 : 0;
  }),
  width,
  height,
  channels: 3,
});

describe("a line that is cut out", () => {
  it("is 48 high, blue first, and has nothing behind its end", () => {
    const { data, width } = cutLine(halves(40, 24), { x: 20, y: 12, width: 40, height: 24, direction: { x: 1, y: 0 } });
    expect(width).toBe(320);
    const at = (plane: number, x: number) => data[(plane * 48 + 24) * width + x];
    expect([at(0, 4), at(2, 4)]).toEqual([-1, 1]);
    expect([at(0, 76), at(2, 76)]).toEqual([1, -1]);
    expect([at(0, 80), at(2, 300)]).toEqual([0, 0]);
  });

  it("that stands is read from top to bottom", () => {
    const { data, width } = cutLine(halves(24, 80), { x: 12, y: 40, width: 24, height: 80, direction: { x: 1, y: 0 } });
    // What was left lies below.
    expect(data[(2 * 48 + 46) * width + 10]).toBe(1);
    expect(data[1 * width + 10]).toBe(1);
  });
});

describe("what is read", () => {
  const characters = ["a", "b", " "];
  const steps = (...best: number[]) => ({
    data: Float32Array.from(best.flatMap((one) => [0, 1, 2, 3].map((at) => (at === one ? 0.7 : 0.1)))),
    dims: [1, best.length, 4],
  });

  it("is the likeliest, without blanks and what goes on", () => {
    expect(readLine(steps(0, 1, 1, 0, 1, 2, 3, 2, 0), characters)).toEqual({
      text: "aab b",
      score: expect.closeTo(0.7),
    });
    expect(readLine(steps(0, 0), characters)).toEqual({ text: "", score: 0 });
  });

  it("needs the dictionary of the graph", () => {
    expect(() => readLine(steps(1), ["a"])).toThrow("tells 4 characters apart, and the dictionary has 1");
    expect(readDictionary(new TextEncoder().encode("a\n'\r\n懮\n"))).toEqual(["a", "'", "懮", " "]);
  });
});

describe("G8 a text", () => {
  const line = (label: string, y0 = 0, x0 = 0, score = 0.9): Detection => ({
    label,
    score,
    x0,
    y0,
    x1: x0 + 0.3,
    y1: y0 + 0.1,
  });
  const lines = [line("WOLVO"), line("24HR RTA", 0.15), line("WAIT FOR", 0.4), line("Café", 0.5), line("MON", 0.8)];
  const read = (asked: string) => matchText(lines, asked).map(({ label, score }) => [label, Number(score.toFixed(2))]);

  it.each<[string, [string, number][]]>([
    ["24hr", [["24HR RTA", 0.9]]],
    ["Volvo", [["WOLVO", 0.72]]],
    ["CAFE", [["Café", 0.9]]],
    ["wait for cafe", [["WAIT FOR Café", 0.9]]],
    ["24 hr!", [["24HR RTA", 0.9]]],
    ["rta", [["24HR RTA", 0.9]]],
    // So short a text is a word, not a part of one.
    ["on", []],
    ["for", [["WAIT FOR", 0.9]]],
    ["stop", []],
    ["!", []],
  ])("%s", (asked, found) => {
    expect(read(asked)).toEqual(found);
  });

  it("stands on what reaches around all of its lines", () => {
    const block = blockAround(lines[2] as Detection, lines);
    // WAIT FOR, Café, and half a line's height; 24HR RTA is a whole line's height above.
    expect(block).toEqual({
      label: "WAIT FOR",
      score: 0.9,
      x0: 0,
      y0: expect.closeTo(0.35),
      x1: expect.closeTo(0.35),
      y1: expect.closeTo(0.65),
    });
  });

  it("stands on lines that hang together by others, once each", () => {
    const column = Array.from({ length: 6 }, (_, at) => line(String(at), 0.12 * at)).reverse();
    const block = blockAround(column[3] as Detection, [...column, line("aside", 0, 0.6)]);
    expect(block).toMatchObject({ label: "2", x0: 0, y0: 0, x1: expect.closeTo(0.35), y1: expect.closeTo(0.75) });
  });

  it("differs in letters that are left out, too many or others", () => {
    expect(fewestMistakes("xxabcdxx", "abcd", 1)).toBe(0);
    expect(fewestMistakes("xxabdxx", "abcd", 1)).toBe(1);
    expect(fewestMistakes("", "abcd", 4)).toBe(4);
    expect(fewestMistakes("", "abcd", 1)).toBeGreaterThan(1);
  });

  it("has as many mistakes however few are followed", () => {
    const next = randomNumbers(7);
    const letters = (length: number) => Array.from({ length }, () => "abc"[Math.floor(next() * 3)]).join("");
    for (let round = 0; round < 300; round++) {
      const [text, wanted] = [letters(12), letters(1 + (round % 9))];
      const all = fewestMistakes(text, wanted, wanted.length);
      for (let allowed = 0; allowed <= wanted.length; allowed++) {
        const found = fewestMistakes(text, wanted, allowed);
        expect(found <= allowed ? found : "more", `${text} ${wanted} ${allowed}`).toBe(all <= allowed ? all : "more");
      }
    }
  });
});

describe("ppocr", () => {
  it("finds lines, reads each, and says where it stands", async () => {
    const asked: [string, readonly number[]][] = [];
    const graph = (name: string, answer: (dims: readonly number[]) => { data: Float32Array; dims: number[] }) => ({
      inputs: ["x"],
      run: async ({ x }: Parameters<DetectorGraph["run"]>[0]) => {
        asked.push([name, x?.dims ?? []]);
        return { out: { type: "float32" as const, ...answer(x?.dims ?? []) } };
      },
    });
    const graphs: Record<string, DetectorGraph> = {
      detection: graph("detection", ([, , height = 0, width = 0]) => ({
        data: mapOf(width, height, within(20, 20, 60, 30)).data,
        dims: [1, 1, height, width],
      })),
      recognition: graph("recognition", () => ({ data: Float32Array.of(0, 0.9, 0, 0, 0, 0, 0.8, 0), dims: [1, 2, 4] })),
    };
    const look = await ppocr.open({
      graph: async (role) => graphs[role] as DetectorGraph,
      read: async () => new TextEncoder().encode("H\ni"),
    });
    const found = await look(halves(200, 100), []);
    // 200 x 100 is looked at as 192 x 96.
    expect(asked[0]).toEqual(["detection", [1, 3, 96, 192]]);
    expect(asked[1]?.[1].slice(0, 3)).toEqual([1, 3, 48]);
    const by = (40 * 10 * 1.5) / 100;
    expect(found).toEqual([
      {
        label: "Hi",
        score: expect.closeTo(0.85),
        x0: expect.closeTo((20.5 - by) / 192),
        y0: expect.closeTo((20.5 - by) / 96),
        x1: expect.closeTo((60.5 + by) / 192),
        y1: expect.closeTo((30.5 + by) / 96),
      },
    ]);
  });
});
