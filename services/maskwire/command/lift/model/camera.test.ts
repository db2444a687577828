import { describe, expect, it } from "vitest";
import { cameraOf, type Pose, poseOf, project } from "./camera.js";

const ahead = poseOf([1, 0, 0, 0], [0, 0, 0]);
const at = (model: string, values: number[], x: number, y: number, z: number, pose: Pose = ahead) => {
  const found = project(cameraOf(model, 200, 100, values), pose, x, y, z);
  return found && [found.x, found.y, found.depth].map((one) => Number(one.toFixed(6)));
};

describe("a point of the world", () => {
  // u = 0.2, v = 0.1, so that u2 + v2 = 0.05 and its square 0.0025.
  it.each([
    ["SIMPLE_PINHOLE", [100, 100, 50], [120, 60]],
    ["PINHOLE", [100, 200, 100, 50], [120, 70]],
    ["SIMPLE_RADIAL", [100, 100, 50, 0.4], [100 + 20 * 1.02, 50 + 10 * 1.02]],
    ["RADIAL", [100, 100, 50, 0.4, 2], [100 + 20 * 1.025, 50 + 10 * 1.025]],
    [
      "OPENCV",
      [100, 200, 100, 50, 0.4, 2, 0.01, 0.02],
      // 2 p1 uv + p2 (r2 + 2 u2) and 2 p2 uv + p1 (r2 + 2 v2).
      [100 * (1 + 0.2 * 1.025 + 0.0004 + 0.02 * 0.13), 50 + 200 * (0.1 * 1.025 + 0.0008 + 0.01 * 0.07)],
    ],
  ])("is where %s has it", (model, values, [x, y]) => {
    expect(at(model, values, 1, 0.5, 5)).toEqual([expect.closeTo(x!, 5), expect.closeTo(y!, 5), 5]);
  });

  it("is turned and moved as its picture's pose says", () => {
    // A quarter turn around the axis that looks ahead: x becomes y.
    const turned = poseOf([Math.SQRT1_2, 0, 0, Math.SQRT1_2], [0, 0, 2]);
    expect(at("SIMPLE_PINHOLE", [100, 100, 50], 1, 0, 3, turned)).toEqual([100, 70, 5]);
    // Of any length.
    expect(poseOf([2, 0, 0, 2], [0, 0, 2]).turn.map((one) => Math.round(one))).toEqual([0, -1, 0, 1, 0, 0, 0, 0, 1]);
  });

  it.each([
    ["behind the camera", 0, 0, -1],
    ["in the camera", 0, 0, 0],
    ["beyond the right edge", 1, 0, 0.99],
    ["beyond the upper edge", 0, -0.51, 1],
  ])("is not seen %s", (_where, x, y, z) => {
    expect(at("SIMPLE_PINHOLE", [100, 100, 50], x, y, z)).toBeUndefined();
  });

  it("is not seen where the distortion would fold it back into the picture", () => {
    // r (1 - r2): at r = 0.9 it comes back to 0.171.
    expect(at("SIMPLE_RADIAL", [100, 100, 50, -1], 0.9, 0, 1)).toBeUndefined();
    expect(at("SIMPLE_RADIAL", [100, 100, 50, -1], 0.3, 0, 1)).toEqual([127.3, 50, 1]);
  });
});
