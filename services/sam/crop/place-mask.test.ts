import { expect, it } from "vitest";
import { bitmapToRle, rleToBitmap } from "../../../proto/index.js";
import { placeMask } from "./place-mask.js";

const picture = { width: 300, height: 200 };
const crop = { x: 100, y: 50, width: 120, height: 100 };

it("places a part's mask where the part lies", () => {
  const bitmap = Uint8Array.from({ length: crop.width * crop.height }, (_, i) => ((i * 7919) % 13 < 4 ? 1 : 0));
  const placed = rleToBitmap(placeMask(bitmapToRle(bitmap, crop.width, crop.height), crop, picture));
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      const [cx, cy] = [x - crop.x, y - crop.y];
      const inside = cx >= 0 && cy >= 0 && cx < crop.width && cy < crop.height;
      expect(placed[y * picture.width + x]).toBe(inside ? bitmap[cy * crop.width + cx] : 0);
    }
  }
});

it("places an empty mask and one that fills its part", () => {
  const full = placeMask(
    { width: 2, height: 2, runs: Uint32Array.of(0, 4) },
    { ...crop, width: 2, height: 2 },
    picture,
  );
  expect(rleToBitmap(full).reduce((sum, one) => sum + one, 0)).toBe(4);
  const empty = placeMask({ width: 2, height: 2, runs: Uint32Array.of(4) }, { ...crop, width: 2, height: 2 }, picture);
  expect([...empty.runs]).toEqual([picture.width * picture.height]);
});
