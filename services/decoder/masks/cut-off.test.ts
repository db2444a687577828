import { expect, it } from "vitest";
import { isCutOff } from "./cut-off.js";

const picture = { width: 300, height: 200 };
const crop = { x: 100, y: 50, width: 120, height: 100 };

it.each([
  ["in the middle of the part", { x: 40, y: 40, width: 30, height: 20 }, crop, false],
  ["at the part's left edge", { x: 20, y: 40, width: 30, height: 20 }, crop, true],
  ["just away from the left edge", { x: 21, y: 40, width: 30, height: 20 }, crop, false],
  ["at the part's lower edge", { x: 40, y: 40, width: 30, height: 45 }, crop, true],
  ["at the picture's own corner", { x: 0, y: 0, width: 30, height: 20 }, { ...crop, x: 0, y: 0 }, false],
])("a mask %s", (_where, box, part, cut) => {
  expect(isCutOff(box, part, picture)).toBe(cut);
});
