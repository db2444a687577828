import { expect, it } from "vitest";
import { Results } from "./results.js";

it("X17: holds as many bytes as its frames have when they are told, and what cannot be held changes nothing", () => {
  let held = 0;
  const most = 200;
  const results = new Results({ first: 7, last: 9 }, 12, (bytes) => {
    if (bytes > most) throw new Error("full");
    held = bytes;
  });
  const shapes = [{ label: "ä", points: [[1.5, 2]] }];
  results.add({ frame: 7, shapes });
  results.add({ frame: 8, shapes: [] });
  results.add({ frame: 7, shapes });
  const told = [{ masks: shapes }, { masks: [] }];
  expect(held).toBe(told.reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one)), 0));
  expect(() => results.add({ frame: 9, shapes: [{ label: "x".repeat(most) }] })).toThrow("full");
  expect(JSON.parse(Buffer.concat(results.all.pieces).toString())).toEqual({ 7: told[0], 8: told[1] });
  expect(results.progress).toEqual({ current_frame: 7, total_frames: 12, progress: 2 / 3 });
});
