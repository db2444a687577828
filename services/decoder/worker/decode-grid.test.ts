import { describe, expect, it } from "vitest";
import { decodeCounts, rleArea, rleBoundingBox } from "../../../proto/index.js";
import { splitDecoder } from "../../sam/decode/decoder-spec.js";
import type { GraphTensors } from "../../sam/decode/graph-runner.js";
import { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import { frameFor } from "../../sam/frame.js";
import type { Candidates } from "../../sam/masks/candidates.js";
import { decodeGrid } from "./decode-grid.js";
import type { GridTask, GridThresholds } from "./decoder-tasks.js";

const [width, height] = [800, 600];
const frame = frameFor(width, height);
const grid = frame.gridSize;
const thresholds: GridThresholds = { predIou: 0.88, stabilityScore: 0.95, stabilityOffset: 1, minRegionArea: 0 };

interface Disc {
  /** Of the grid. */
  x: number;
  y: number;
  radius: number;
  /** Logits a cell: the steeper, the more stable. */
  slope: number;
}

const discLogits = (discs: Disc[]) =>
  Float32Array.from({ length: grid ** 2 }, (_, cell) => {
    const [x, y] = [cell % grid, Math.floor(cell / grid)];
    return Math.max(...discs.map((disc) => disc.slope * (disc.radius - Math.hypot(x - disc.x, y - disc.y))));
  });

const clear = discLogits([{ x: 100, y: 90, radius: 40, slope: 4 }]);
const vague = discLogits([{ x: 100, y: 90, radius: 40, slope: 0.5 }]);
const nothing = new Float32Array(grid ** 2).fill(-9);

function candidates(masks: [logits: Float32Array, score: number][]): Candidates {
  const logits = new Float32Array(masks.length * grid ** 2);
  for (const [index, [mask]] of masks.entries()) logits.set(mask, index * grid ** 2);
  return { logits, predictedIou: Float32Array.from(masks, ([, score]) => score) };
}

async function decode(answers: Candidates[], wanted: Partial<GridThresholds> = {}) {
  const asked: GraphTensors[] = [];
  const decoder = new MaskDecoder(splitDecoder(grid, 1024), {
    keep: async () => undefined,
    run: async (_graph, _kept, inputs) => {
      const { logits, predictedIou } = answers[asked.push(inputs) - 1]!;
      const masks = predictedIou.length;
      return {
        low_res_masks: { data: logits, dims: [1, masks, grid, grid] },
        iou_predictions: { data: predictedIou, dims: [1, masks] },
      };
    },
  });
  const points = answers.map((_, index) => ({ x: 400 + index, y: 300 }));
  const task = { points, thresholds: { ...thresholds, ...wanted } } as GridTask;
  return { found: await decodeGrid(task, decoder, { kept: undefined, frame }), asked };
}

describe("decodeGrid", () => {
  it("asks each point in a run of its own, a positive point with a pad", async () => {
    const { asked } = await decode([candidates([[clear, 0.9]]), candidates([[clear, 0.9]])]);
    expect(asked.map(({ point_labels }) => [...point_labels!.data])).toEqual([
      [1, -1],
      [1, -1],
    ]);
    expect(asked.map(({ point_coords }) => point_coords?.data[0])).toEqual([512, Math.fround(401 * 1.28)]);
  });

  it("keeps the candidates that pass both thresholds, best first, and never the unambiguous mask", async () => {
    const { found } = await decode([
      candidates([
        [clear, 0.99],
        [clear, 0.9],
        [vague, 0.98],
        [clear, 0.95],
      ]),
      candidates([
        [clear, 0.99],
        [clear, 0.87],
        [nothing, 0.98],
        [vague, 0.9],
      ]),
    ]);
    expect(found.map((masks) => masks.map(({ predictedIou }) => predictedIou.toFixed(2)))).toEqual([
      ["0.95", "0.90"],
      [],
    ]);
    for (const { stabilityScore } of found.flat()) expect(stabilityScore).toBeGreaterThanOrEqual(0.95);
  });

  it("takes the one mask of a graph that has chosen already", async () => {
    const { found } = await decode([candidates([[clear, 0.93]])]);
    expect(found[0]).toHaveLength(1);
  });

  it("says area and box of the mask that it encodes", async () => {
    const { found } = await decode([candidates([[clear, 0.93]])]);
    const [mask] = found[0] ?? [];
    const runs = { width, height, runs: decodeCounts(mask?.counts ?? "") };
    expect(mask?.area).toBe(rleArea(runs));
    expect(mask?.box).toEqual(rleBoundingBox(runs));
    expect((mask?.area ?? 0) / (Math.PI * (40 * (width / grid)) ** 2)).toBeCloseTo(1, 2);
  });

  it("moves the cut by the offset asked for; at no threshold only the empty mask is refused", async () => {
    const [mask] = (await decode([candidates([[vague, 0.9]])], { stabilityScore: 0 })).found[0] ?? [];
    // Cut at +1 and -1, a slope of 0.5 moves the edge by 2 cells each way.
    expect(mask?.stabilityScore).toBeCloseTo((38 / 42) ** 2, 2);
    const near = await decode([candidates([[vague, 0.9]])], { stabilityOffset: 0.1 });
    expect(near.found[0]).toHaveLength(1);
    expect((await decode([candidates([[nothing, 0.9]])], { stabilityScore: 0 })).found[0]).toEqual([]);
  });

  it("measures stability at the picture's resolution, where a small mask is not made of a few cells", async () => {
    for (let place = 0; place < 1; place += 0.05) {
      const small = discLogits([{ x: 100 + place, y: 90 + 2 * place, radius: 3.2, slope: 16 }]);
      // (3.2 - 1/16)^2 / (3.2 + 1/16)^2 = 0.925 for the disc that both sample.
      const { found } = await decode([candidates([[small, 0.9]])], { stabilityScore: 0.85 });
      expect(found[0], `at ${place}`).toHaveLength(1);
    }
  });

  it("removes small regions when asked to", async () => {
    const speck = { x: 20, y: 20, radius: 1.5, slope: 30 };
    const logits = discLogits([{ x: 100, y: 90, radius: 40, slope: 4 }, speck]);
    const both = (await decode([candidates([[logits, 0.9]])])).found[0]?.[0];
    const one = (await decode([candidates([[logits, 0.9]])], { minRegionArea: 500 })).found[0]?.[0];
    expect(both?.box.x).toBeLessThan(80);
    expect(one?.box.x).toBeGreaterThan(150);
    expect(one?.area).toBeLessThan(both?.area ?? 0);
    expect(one?.area).toBe(rleArea({ width, height, runs: decodeCounts(one?.counts ?? "") }));
  });
});
