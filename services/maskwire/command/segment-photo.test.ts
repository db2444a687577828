import { expect, it } from "vitest";
import { CommandError } from "./command-error.js";
import { toPrompt } from "./segment-photo.js";

it("takes points on the object, beside it and a box", () => {
  const box = { x0: 1, y0: 2, x1: 3, y1: 4 };
  expect(toPrompt({ point: [{ x: 5, y: 6 }], negative: [{ x: 7, y: 8 }], box })).toEqual({
    points: [
      { x: 5, y: 6, label: 1 },
      { x: 7, y: 8, label: 0 },
    ],
    box,
  });
  expect(toPrompt({ box })).toEqual({ points: [], box });
});

it.each([
  [{}, "--point X,Y"],
  [{ negative: [{ x: 1, y: 1 }] }, "--negative only takes parts away"],
])("refuses a prompt that names nothing: %j", (options, sentence) => {
  const refused = () => toPrompt(options);
  expect(refused).toThrow(CommandError);
  expect(refused).toThrow(sentence);
  expect(refused).toThrow(expect.objectContaining({ exitCode: 2 }));
});
