import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { RleSchema } from "../../../proto/index.js";
import type { Prompts } from "./prompts.js";
import { segmentRequest } from "./request.js";

const point = { x: 3, y: 4, label: 1 as const };

describe("segmentRequest", () => {
  it("carries every prompt, a point beside the object with its 0", () => {
    const box = { x0: 1, y0: 2, x1: 30, y1: 40 };
    const request = segmentRequest(7, { points: [point, { x: 5, y: 6, label: 0 }], box, mask: undefined }, false);
    expect(request).toMatchObject({
      sequence: 7,
      preview: false,
      prompt: { points: [{ label: 1 }, { label: 0 }], box },
    });
    expect(request.multimask).toBeUndefined();
  });

  it("starts from a rough mask, which leaves nothing to choose", () => {
    const mask = create(RleSchema, { size: [2, 3], counts: "06" });
    const request = segmentRequest(3, { points: [point], box: undefined, mask }, false);
    expect(request.prompt?.mask?.source).toEqual({ case: "rle", value: mask });
    expect(request.multimask).toBeUndefined();
  });

  it("asks for all candidates of a lone point, but not for a preview", () => {
    expect(segmentRequest(1, { points: [point], box: undefined, mask: undefined }, false).multimask).toBe(true);
    expect(segmentRequest(1, { points: [point], box: undefined, mask: undefined }, true).multimask).toBeUndefined();
  });

  it("starts from the answer that a point refines, with the way to it for a gateway that never had it", () => {
    const first = { points: [point], box: undefined, mask: undefined };
    const second = { ...first, points: [point, point], from: { sequence: 4, mask: 2, prompts: first } };
    const third = { ...first, points: [point, point, point], from: { sequence: 5, mask: 0, prompts: second } };
    expect(segmentRequest(6, third, false).prompt?.mask?.source).toMatchObject({
      case: "previous",
      value: {
        sequence: 5,
        mask: 0,
        steps: [
          { multimask: true, mask: 2, prompt: { points: [{ x: 3 }] } },
          { mask: 0, prompt: { points: [{ x: 3 }, { x: 3 }] } },
        ],
      },
    });
  });

  it("goes without the earlier answer when the way to it is longer than a gateway goes", () => {
    let prompts: Prompts = { points: [point], box: undefined, mask: undefined };
    for (let sequence = 1; sequence <= 32; sequence++) {
      prompts = { ...prompts, points: [...prompts.points, point], from: { sequence, mask: 0, prompts } };
    }
    const steps = (one: Prompts) => {
      const source = segmentRequest(99, one, false).prompt?.mask?.source;
      return source?.case === "previous" ? source.value.steps.length : undefined;
    };
    expect(steps(prompts)).toBe(32);
    expect(steps({ ...prompts, from: { sequence: 33, mask: 0, prompts } })).toBeUndefined();
  });
});
