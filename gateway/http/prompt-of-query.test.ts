import { expect, it } from "vitest";
import { Code } from "../../services/runtime/errors.js";
import { type PromptQuery, promptOf } from "./prompt-of-query.js";

it.each<[PromptQuery, object]>([
  [{ point: "640,380" }, { points: [{ x: 640, y: 380, label: 1 }] }],
  [
    { point: ["1,2", " 3.5 , 4"], negative: "0,0" },
    {
      points: [
        { x: 1, y: 2, label: 1 },
        { x: 3.5, y: 4, label: 1 },
        { x: 0, y: 0, label: 0 },
      ],
    },
  ],
  [{ box: "490,210,860,490" }, { box: { x0: 490, y0: 210, x1: 860, y1: 490 } }],
  [{ text: "a cup, or two" }, { text: "a cup, or two", points: [] }],
])("H26: %j is a prompt", (query, prompt) => {
  expect(promptOf(query)).toMatchObject(prompt);
});

it.each<[PromptQuery, RegExp]>([
  [{}, /^Say where the object is: `\?point=X,Y`/],
  [{ point: "640" }, /^`point` is X,Y in pixels; "640" is not\.$/],
  [{ point: ["1,2", "1,"] }, /^`point` is X,Y in pixels; "1," is not\.$/],
  [{ negative: "1,2,3" }, /^`negative` is X,Y/],
  [{ point: "a,b" }, /"a,b" is not/],
  [{ point: "Infinity,1" }, /"Infinity,1" is not/],
  // Finite here, and nowhere in the contract's floats.
  [{ point: "1e39,5" }, /^`point` is X,Y in pixels; "1e39,5" is not\.$/],
  [{ box: "1,2,3,-1e39" }, /^`box` is X0,Y0,X1,Y1 in pixels/],
  [{ box: "1,2,3" }, /^`box` is X0,Y0,X1,Y1 in pixels; "1,2,3" is not\.$/],
  [{ box: ["1,2,3,4", "1,2,3,4"] }, /^A prompt has one box/],
  [{ text: ["cup", "dog"] }, /^`text` may come once/],
])("H26: %j is none, and a sentence says what is", (query, sentence) => {
  const refused = { code: Code.INVALID_ARGUMENT, message: expect.stringMatching(sentence) };
  expect(() => promptOf(query)).toThrow(expect.objectContaining(refused));
});
