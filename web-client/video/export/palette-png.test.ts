import { zlibSync } from "fflate";
import { expect, it } from "vitest";
import { palettePng } from "./palette-png.js";

it("is a PNG by palette, one byte a pixel, with VOC's colours", () => {
  const png = palettePng(Uint8Array.from([0, 1, 2, 3, 0, 255]), 3, 2, (bytes) => zlibSync(bytes));
  const view = new DataView(png.buffer);
  expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  // Width, height, 8 bits, colour type 3.
  expect([view.getUint32(16), view.getUint32(20), png[24], png[25]]).toEqual([3, 2, 8, 3]);
  // Of a header that is always the same the CRC is known: that of the end.
  expect([...png.subarray(-12)]).toEqual([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
  const palette = 8 + 25 + 8;
  expect([...png.subarray(palette, palette + 12)]).toEqual([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]);
});
