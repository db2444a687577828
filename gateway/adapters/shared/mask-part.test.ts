import fc from "fast-check";
import { expect, it } from "vitest";
import { bitmapToRle } from "../../../proto/index.js";
import { maskPart, pixelsJson, rowsJson } from "./mask-part.js";

it("a mask's part has its pixels, between corners that lie in it", () => {
  const masks = fc.integer({ min: 1, max: 12 }).chain((width) =>
    fc.array(fc.constantFrom(0, 0, 1), { minLength: width, maxLength: 12 * width }).map((all) => {
      const height = Math.floor(all.length / width);
      return { width, height, bitmap: Uint8Array.from(all.slice(0, width * height)) };
    }),
  );
  fc.assert(
    fc.property(masks, ({ width, height, bitmap }) => {
      const part = maskPart(bitmapToRle(bitmap, width, height));
      const again = new Uint8Array(bitmap.length);
      if (part) {
        const rows = JSON.parse(rowsJson(part).toString()) as number[][];
        expect(rows.flat()).toEqual(JSON.parse(`[${pixelsJson(part)}]`));
        expect([rows.length, rows[0]?.length]).toEqual([part.bottom - part.top + 1, part.right - part.left + 1]);
        for (const [y, row] of rows.entries()) {
          for (const [x, pixel] of row.entries()) again[(part.top + y) * width + part.left + x] = pixel;
        }
      }
      expect(again).toEqual(bitmap);
    }),
  );
});
