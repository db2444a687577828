import { expect, it } from "vitest";
import { Code } from "../../../services/runtime/errors.js";
import { type AdapterPrompt, segmentRequest } from "./prompts.js";

it.each<[AdapterPrompt]>([
  [
    {
      points: [
        { x: 1, y: 2, label: 1 },
        { x: 1e39, y: 5 },
      ],
    },
  ],
  [{ box: { x0: 0, y0: 0, x1: 5, y1: -1e39 } }],
])("X1: %j has a coordinate that the contract has no form for", (prompt) => {
  expect(() => segmentRequest("sha256:0", prompt)).toThrow(
    expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringMatching(/1e\+39.* are not\.$/) }),
  );
});

it("X1: a prompt as large as floats are is one", () => {
  const { prompt } = segmentRequest("sha256:0", { points: [{ x: 3e38, y: -3e38 }], box: { x1: 7 } });
  expect(prompt).toMatchObject({ points: [{ x: 3e38, y: -3e38 }], box: { x1: 7 } });
});
