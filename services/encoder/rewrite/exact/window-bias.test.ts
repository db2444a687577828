import { expect, it } from "vitest";
import { outsideBias } from "./window-bias.js";

it("is the logarithm of what all places outside weigh together, and next to nothing where there are none", () => {
  const [heads, window] = [2, 3];
  const places = window ** 2;
  const values = Float32Array.from({ length: heads * places ** 2 }, (_, i) => 3 * Math.sin(i * i));
  const all = outsideBias({ heads, window, values });
  for (let rows = 1; rows <= window; rows++) {
    for (let columns = 1; columns <= window; columns++) {
      for (let query = 0; query < heads * places; query++) {
        let sum = 0;
        for (let key = 0; key < places; key++) {
          const isInside = Math.floor(key / window) < rows && key % window < columns;
          if (!isInside) sum += Math.exp(values[query * places + key]!);
        }
        const bias = all[((rows - 1) * window + columns - 1) * heads * places + query]!;
        expect(Math.exp(bias)).toBeCloseTo(sum, 10);
      }
    }
  }
});
