import { describe, expect, it } from "vitest";
import { type Interleaved, storedRegion, turnUpright } from "./turn-upright.js";

/** The letters of a 3 x 2 picture as each orientation stores it (EXIF 2.32, 4.6.4: where row 0 and column 0 lie). */
const stored: Record<number, string[]> = {
  1: ["abc", "def"],
  2: ["cba", "fed"],
  3: ["fed", "cba"],
  4: ["def", "abc"],
  5: ["ad", "be", "cf"],
  6: ["cf", "be", "ad"],
  7: ["fc", "eb", "da"],
  8: ["da", "eb", "fc"],
};

const pixels = (rows: string[]): Interleaved => ({
  data: Uint8Array.from([...rows.join("")].flatMap((letter) => [letter.charCodeAt(0), 7])),
  width: rows[0]?.length ?? 0,
  height: rows.length,
  channels: 2,
});
const rowsOf = ({ data, width, channels }: Interleaved) => {
  const letters = [...data].filter((_, index) => index % channels === 0).map((code) => String.fromCharCode(code));
  return letters.join("").match(new RegExp(`.{${width}}`, "g"));
};

describe.each(Object.entries(stored))("orientation %s", (name, rows) => {
  const orientation = Number(name);

  it("is turned upright", () => {
    expect(rowsOf(turnUpright(pixels(rows), orientation))).toEqual(["abc", "def"]);
  });

  it("finds a part of the upright picture where it is stored", () => {
    const { x, y, width, height } = storedRegion({ x: 1, y: 0, width: 2, height: 1 }, orientation, 3, 2);
    const part = rows.slice(y, y + height).map((row) => row.slice(x, x + width));
    expect(rowsOf(turnUpright(pixels(part), orientation))).toEqual(["bc"]);
  });
});

it("leaves a picture of one row or column whole", () => {
  for (const orientation of [2, 3, 4, 5, 6, 7, 8]) {
    expect(turnUpright(pixels(["a"]), orientation).data).toEqual(pixels(["a"]).data);
    expect([...turnUpright(pixels(["ab"]), orientation).data].sort()).toEqual([...pixels(["ab"]).data].sort());
  }
});
